"""What the sides of a race train: the engine as its worker does, or the plain loop on the same weights and batches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from gpulab.bench.arms import variant
from gpulab.bench.reference import PlainGPT, ReferenceTraining
from gpulab.bench.side import LOOKED_AT, Asked
from gpulab.engine.build import batches_for, build, prepare_text
from gpulab.engine.desk import Desk
from gpulab.engine.evaluation import make_exam, take_exam
from gpulab.engine.loop import learning_rate, training_steps
from gpulab.engine.probes.memory import memory_probe
from gpulab.engine.randomness import numpy_stream
from gpulab.engine.recorder import Recorder
from gpulab.events.log import EventLog
from gpulab.spec.experiment import Experiment
from gpulab.text.prepared import PreparedText

CPU = torch.device("cpu")


class Training:
    """A training that makes steps, tells its validation loss, and where the time of its steps goes."""

    def __init__(self, train: Callable[[int], None], loss: Callable[[], float]) -> None:
        self.train, self.loss = train, loss

    def loop(self) -> dict[str, float]:
        """Milliseconds of a step by operator, each without those it calls."""
        from torch.profiler import ProfilerActivity, profile

        with profile(activities=[ProfilerActivity.CPU]) as seen:
            self.train(LOOKED_AT)
        costs = {event.key: event.self_cpu_time_total / 1e3 / LOOKED_AT for event in seen.key_averages()}
        return dict(sorted(costs.items(), key=lambda cost: -cost[1]))


class EngineTraining:
    """What a worker does between two looks at held-out text: orders, step, record, the file on disk included."""

    def __init__(
        self,
        experiment: Experiment,
        text: PreparedText,
        log: EventLog,
        run_dir: Path,
        device: torch.device = CPU,
        vocab_size: int | None = None,
    ) -> None:
        vocabulary = vocab_size or text.tokenizer.vocab_size
        self.state, self.pipeline = build(experiment, vocabulary, device, lambda document: None)
        self.batches = batches_for(self.state, text)
        self._steps = training_steps(self.state, self.pipeline, self.batches)
        self._recorder = Recorder(log, memory_probe(device), experiment.tokens_per_step)
        self._desk = Desk(run_dir)

    def train(self, steps: int) -> None:
        """Makes `steps` steps."""
        for _ in range(steps):
            self._desk.look()
            if self._recorder.due:
                self._recorder.write()
            rate = learning_rate(self.state, self.pipeline, self.state.step)
            loss, norm = next(self._steps)
            self._recorder.step_done(self.state.step, rate, loss, norm)

    def finish(self) -> None:
        """Writes what is pending of the record."""
        self._recorder.write()


def training_of(asked: Asked, folder: Path) -> Training:
    """The training of `asked`, its record in `folder`."""
    how = {"steps": asked.steps, "seed": asked.seed, "optimizer": asked.optimizer, "learning_rate": asked.learning_rate}
    experiment = variant(asked.preset, CPU, asked.techniques, **how)
    text = prepare_text(experiment)
    shape = (experiment.model.context_length, experiment.training.batch_size)
    exam = make_exam(text.validation, text.tokenizer, *shape, most=512)
    log = EventLog(folder)
    log.__enter__()  # the process ends with it
    engine = EngineTraining(experiment, text, log, folder)
    if asked.techniques is not None:
        context = lambda: engine.pipeline.forward_context(engine.state)  # noqa: E731
        return Training(engine.train, lambda: take_exam(engine.state.model, exam, CPU, context).loss)
    twin = PlainGPT(experiment.model, text.tokenizer.vocab_size)
    twin.load_state_dict(engine.state.model.state_dict())
    plain = ReferenceTraining(experiment, twin, text.train, starts_of(experiment, len(text.train)))

    def train(steps: int) -> None:
        torch.use_deterministic_algorithms(False)  # the plain loop promises no exact repetition
        plain.train(steps)
        torch.use_deterministic_algorithms(True)

    return Training(train, lambda: take_exam(twin, exam, CPU, lambda: torch.autocast("cpu", enabled=False)).loss)


def starts_of(experiment: Experiment, tokens: int) -> npt.NDArray[np.int64]:
    """The places that the engine's batches begin at, drawn beforehand: the plain loop isn't charged for our streams."""
    last, seed = tokens - experiment.model.context_length - 1, experiment.training.seed
    size = experiment.training.batch_size
    drawn = [
        numpy_stream(seed, "data", step, 0).integers(0, last + 1, size) for step in range(experiment.training.steps)
    ]
    return np.stack(drawn)
