"""One run from its folder to its last document."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import torch

from gpulab.engine import checkpoint
from gpulab.engine.arithmetic import Arithmetic, arithmetic_of_training, figures
from gpulab.engine.build import batches_for
from gpulab.engine.desk import Desk, Outcome, Stopped
from gpulab.engine.evaluation import make_exam, take_exam
from gpulab.engine.examinations import EXAMINATIONS
from gpulab.engine.examinations.examination import Subject, Variant
from gpulab.engine.examinations.examiner import Examiner
from gpulab.engine.generation import NotFinite, generate
from gpulab.engine.layers.cache import cache_for
from gpulab.engine.loop import learning_rate, training_steps
from gpulab.engine.model import next_token_loss
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.besides import Probes
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory import SavedTensors, state_bytes, tensor_bytes
from gpulab.engine.probes.memory_parts import Fullest, memory_parts
from gpulab.engine.probes.on_demand import Profiles
from gpulab.engine.recorder import Diverged, Recorder
from gpulab.engine.result import COMPRESSED, TRAINED, judge
from gpulab.engine.state import TrainingState
from gpulab.events.codec import finite
from gpulab.events.documents import ArtifactSaved, Notice, RunEnded, TextGenerated
from gpulab.hardware.machine import this_machine
from gpulab.text.prepared import PreparedText

Order = Literal["go_on", "read", "save", "profile", "stop", "stop_and_save"]


class Run:
    """A training with everything around it: evaluation, text samples, checkpoints, orders, result."""

    def __init__(
        self,
        run_dir: Path,
        state: TrainingState,
        pipeline: Pipeline,
        text: PreparedText,
        recorder: Recorder,
        probes: Probes,
        desk: Desk,
        best: checkpoint.Progress | None = None,
    ) -> None:
        experiment = state.experiment
        self._run_dir, self._state, self._pipeline = run_dir, state, pipeline
        self._text, self._recorder, self._probes, self._desk = text, recorder, probes, desk
        shape = (experiment.model.context_length, experiment.training.batch_size)
        original = text.original_share("validation")
        self._exam = make_exam(text.validation, text.tokenizer, *shape, experiment.evaluation.windows, original)
        self._best_val_loss = best.best_val_loss if best else None
        self._best_step = best.best_step if best else 0
        self._validated: dict[str, float] = {}
        self._saved_at = state.step if best else -1
        self._looked = best.looked if best else False
        self._paused_at = -1
        self._profiles = Profiles(run_dir, state, pipeline, recorder, probes)
        self._saved_bytes = 0
        self._fullest = Fullest(probes.peak_bytes)
        self._guard = Guard(state.emit)
        examinations = EXAMINATIONS if experiment.evaluation.examine else ()
        self._examiner = Examiner(examinations, self._guard, experiment.training.steps, state.step)
        self._arithmetic: Arithmetic | None = None

    def go(self) -> RunEnded:
        """Trains to the end or until told to stop; returns the document that closes the run."""
        try:
            if not self._looked:
                self._look_at_progress()
            with self._recorder.not_training():
                self._batches = batches_for(self._state, self._text)  # after the first figure, which needs none
                self._saved_bytes = self._count_tensor_bytes()
            self._arithmetic = self._guard.call("arithmetic", self._count_arithmetic, None)
            outcome = self._train()
            self._profiles.end()
            return self._finished() if outcome == "go_on" else self._stopped(outcome)
        except Stopped as stop:
            return self._stopped(stop.outcome)
        finally:
            self._profiles.put_away()

    def _train(self) -> Outcome:
        state, training = self._state, self._state.experiment.training
        steps = training_steps(state, self._pipeline, self._batches)
        while not state.finished:
            outcome = self._obey()
            if outcome != "go_on":
                return outcome
            rate = learning_rate(state, self._pipeline, state.step)
            with self._profiles.step():
                loss, norm = next(steps)
            self._recorder.step_done(state.step, rate, loss, norm)
            self._profiles.step_done()
            if state.step % training.eval_interval == 0 or state.finished:
                self._look_at_progress()
            if state.step % training.checkpoint_interval == 0:
                self._save()
        return "go_on"

    def _obey(self) -> Outcome:
        """Does what was asked for between two steps, and reads the figures of those before where that is due."""
        team = self._state.team
        while (order := team.agree(self._order)) in ("read", "save", "profile"):
            if order == "save":
                self._save()
            elif order == "profile":
                self._profiles.begin(team.agree(self._desk.take_profile))
            else:
                self._recorder.write()
                self._fullest.look(self._state.step)
        self._recorder.check()
        return cast(Outcome, order)

    def _order(self) -> Order:
        """What the next thing to do is; comes back when there is one."""
        order = self._asked()
        if order != "go_on":
            return order
        if self._recorder.due or (self._recorder.pending and self._desk.paused):
            return "read"
        return "go_on" if self._desk.may_step() else self._pause()

    def _asked(self) -> Order:
        """What a person asks for, `go_on` where that is nothing."""
        outcome = self._desk.look()
        if not self._desk.save_wanted:
            return "profile" if outcome == "go_on" and self._desk.profile_wanted and self._profiles.ready else outcome
        self._desk.save_wanted = False
        return "save" if outcome == "go_on" else "stop_and_save"

    def _pause(self) -> Order:
        """Waits until a step may be made, or something else must be done."""
        with self._recorder.not_training():
            if self._paused_at != self._state.step:
                self._paused_at = self._state.step
                self._recorder.write(Notice(key="paused", step=self._state.step))
            order: Order = "go_on"
            while order == "go_on" and not self._desk.may_step():
                self._desk.wait()
                order = self._asked()
            if not self._desk.paused:
                self._paused_at = -1
                self._recorder.write(Notice(key="continued", step=self._state.step))
        return order

    def _context(self) -> AbstractContextManager[object]:
        return self._pipeline.forward_context(self._state)

    def _look_at_progress(self) -> None:
        state = self._state
        self._looked = False
        with self._recorder.not_training(), self._pipeline.evaluation_context(state):
            began = time.perf_counter()
            val_loss = state.team.agree(self._look)
            self._profiles.look_s = time.perf_counter() - began
            if val_loss is None:
                raise Diverged
            for hook in self._pipeline.after_validation:
                hook(val_loss, state)
        self._looked = True

    def _look(self) -> float | None:
        """Measures the model and lets it write; returns the validation loss, None where numbers are not finite."""
        state = self._state
        quality = take_exam(state.model, self._exam, state.device, self._context, self._desk.go_on)
        self._validated = {"val_loss": quality.loss, "val_bits_per_byte": quality.bits_per_byte}
        if math.isfinite(quality.loss):  # before the loss itself: whoever hears of it knows all about this step
            self._recorder.write(*self._examiner.look(self._subject(state.model, TRAINED)))
        nothing: dict[str, float] = {}
        told = self._guard.call("figures of techniques", self._pipeline.readings, nothing)
        self._recorder.sample(state.step, self._validated | self._memory_parts() | told)
        if math.isfinite(quality.loss):
            if self._best_val_loss is None or quality.loss < self._best_val_loss:
                self._best_val_loss, self._best_step = quality.loss, state.step
            if not self._write_text(state.model, TRAINED):
                return None
        return finite(quality.loss)

    def _subject(self, model: torch.nn.Module, variant: Variant, final: bool = False) -> Subject:
        state = self._state
        windows = self._exam.windows
        held_out = (windows[0].to(state.device), windows[1].to(state.device))
        before = state.model if variant == COMPRESSED else None
        asked = (state, self._pipeline, self._text, held_out, self._context, self._desk.go_on, before)
        return Subject(model, variant, final, *asked)

    def _examine(self, models: Mapping[str, torch.nn.Module]) -> None:
        """Asks everything of the finished `models`."""
        for variant, model in models.items():
            name = cast(Variant, variant)
            self._recorder.write(*self._examiner.finish(self._subject(model, name, final=True)))

    def _memory_parts(self) -> dict[str, float]:
        if not self._saved_bytes:  # before the first step nothing is known of activations
            return {}
        count = partial(memory_parts, self._state, self._pipeline, self._saved_bytes)
        return self._guard.call("what memory is for", count, {})

    def _write_text(self, model: torch.nn.Module, variant: str) -> bool:
        """Lets `model` write as far as that is wanted. False where its numbers are beyond all bounds."""
        state, evaluation = self._state, self._state.experiment.evaluation
        if not evaluation.sample_length:
            return True
        beginning = self._text.tokenizer.encode(self._text.prompt, "evaluation.sample_prompt")
        if not len(beginning):
            beginning = self._text.train[:1]  # something must come first: what the training text itself begins with
        prompt = torch.from_numpy(beginning.astype("int64")).to(state.device)
        shape = (evaluation.sample_length, state.plan.context_length, evaluation.temperature)
        chance = {"seed": state.seed, "step": state.step}
        try:
            with self._context():
                tokens = generate(model, prompt, *shape, **chance, check=self._desk.go_on, cache=cache_for(model))
        except NotFinite:
            return False
        words = self._text.tokenizer.decode(tokens.cpu().numpy())
        kind: Any = variant
        told = self._examiner.read(self._subject(model, kind, kind == COMPRESSED)._replace(written=words))
        self._recorder.write(TextGenerated(step=state.step, prompt=self._text.prompt, text=words, variant=kind), *told)
        return True

    def _save(self) -> None:
        state = self._state
        if self._saved_at == state.step:
            return
        with self._recorder.not_training():
            best = (self._best_val_loss, self._best_step)
            progress = checkpoint.Progress(
                state.step,
                self._recorder.seconds,
                *best,
                looked=self._looked,
                ended_early=state.ended_early,
                joules=self._probes.energy.joules,
            )
            try:
                path, size = checkpoint.save(self._run_dir, state, self._pipeline.techniques, progress)
            except OSError as error:
                detail = error.strerror or str(error)
                notice = Notice(
                    key="checkpoint_failed", step=state.step, severity="danger", arguments={"detail": detail}
                )
                self._recorder.write(notice)
                return
            self._saved_at = state.step
            relative = str(path.relative_to(self._run_dir))
            self._recorder.write(ArtifactSaved(kind="checkpoint", path=relative, step=state.step, bytes=size))

    def _count_tensor_bytes(self) -> int:
        """Bytes of the tensors that are kept of one micro-batch for its backward pass; changes nothing.

        Normalization that keeps running averages is put back as it was.
        """
        state = self._state
        counter = SavedTensors(state.model)
        buffers = {name: buffer.clone() for name, buffer in state.model.named_buffers()}
        # Copies: what is drawn may be part of a larger block, which is no tensor of this micro-batch.
        inputs, targets = (part.clone() for part in self._batches.draw(state.step, 0))
        state.model.train()
        with counter.counting(), self._context():
            loss = next_token_loss(state.model(inputs), targets)
        del loss
        for name, buffer in state.model.named_buffers():
            buffer.copy_(buffers[name])
        return counter.bytes

    def _count_arithmetic(self) -> Arithmetic:
        with self._recorder.not_training():
            inputs, targets = self._batches.draw(self._state.step, 0)
            return arithmetic_of_training(self._state, inputs, targets, self._context)

    def _stopped(self, outcome: Outcome) -> RunEnded:
        if outcome == "stop_and_save":
            self._save()
        return RunEnded(status="stopped", step=self._state.step, reason="stopped_by_person", summary=self._figures())

    def _finished(self) -> RunEnded:
        with self._recorder.not_training():
            self._save()
            self._state.team.leave()
            figures = self._figures()  # before judging, which needs memory of its own
            if not self._state.team.leads:
                return RunEnded(status="done", step=self._state.step)
            judged = (self._text, self._exam, self._run_dir, self._desk.go_on)
            with self._pipeline.evaluation_context(self._state):
                summary, models = judge(self._state, self._pipeline, *judged)
                self._examine(models)
                if COMPRESSED in models and not self._write_text(models[COMPRESSED], COMPRESSED):
                    notice = Notice(key="compressed_cannot_write", step=self._state.step, severity="warning")
                    self._recorder.write(notice)
            summary["examination_s"] = self._examiner.seconds
        return RunEnded(status="done", step=self._state.step, summary={**figures, **summary})

    def _figures(self) -> dict[str, Any]:
        state = self._state
        self._fullest.look(state.step)
        held = state_bytes(state.model, state.optimizer)
        held += sum(tensor_bytes(technique.state_dict()) for technique in self._pipeline.techniques)
        return {
            "steps": state.step,
            "tokens": state.step * state.experiment.tokens_per_step,
            "parameters": sum(parameter.numel() for parameter in state.model.parameters()),
            **self._validated,
            "best_val_loss": self._best_val_loss,
            "best_step": self._best_step,
            "comparable": self._text.facts.comparable,
            "lost_share": self._text.facts.lost_share,
            "ended_early_at": state.step if state.ended_early else None,
            "tokens_per_s": self._recorder.tokens_per_s,
            "stalled_steps": self._recorder.stalled_steps,
            "compile_seconds": state.compile_seconds,
            "train_seconds": self._recorder.seconds,
            **self._probes.energy.figures(state.step * state.experiment.tokens_per_step),
            "peak_memory_bytes": self._probes.peak_bytes(),
            "peak_step": self._fullest.step,
            "tensor_peak_bytes": self._saved_bytes + held,
            **figures(self._arithmetic, self._recorder.tokens_per_s, state, this_machine()),
        }
