"""What every job is given: the experiment, its text, throw-away models of it, and a place to note what was measured."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.build import batches_for, build, prepare_text
from gpulab.engine.evaluation import Exam, make_exam, take_exam
from gpulab.engine.loop import training_steps
from gpulab.engine.pipeline import Pipeline
from gpulab.engine.state import TrainingState
from gpulab.events.codec import finite
from gpulab.events.documents import AnyDocument, ArtifactSaved, Notice, Trial
from gpulab.events.log import EventLog
from gpulab.spec.experiment import Experiment
from gpulab.text.prepared import PreparedText
from gpulab.text.tokenizers import AnyTokenizer


class Workplace:
    """One job's surroundings. `check` raises Stopped where an end was asked for: call it at least once a second."""

    def __init__(
        self, folder: Path, experiment: Experiment, device: torch.device, log: EventLog, check: Callable[[], None]
    ) -> None:
        self.folder, self.experiment, self.device, self.check = folder, experiment, device, check
        self.trials: list[Trial] = []
        self._log = log
        self._began = time.perf_counter()

    @functools.cached_property
    def text(self) -> PreparedText:
        return prepare_text(self.experiment)

    def text_with(self, tokenizer: AnyTokenizer) -> PreparedText:
        """The experiment's text, cut as ever, in the pieces of `tokenizer`."""
        return prepare_text(self.experiment, tokenizer)

    def note(self, values: dict[str, float], names: dict[str, str] | None = None) -> Trial:
        """Writes down one trial; a value that is not finite becomes a gap."""
        trial = Trial(
            number=len(self.trials) + 1,
            seconds=time.perf_counter() - self._began,
            values={key: finite(value) for key, value in values.items()},
            names=names or {},
        )
        self.trials.append(trial)
        self._log.append([trial])
        return trial

    def say(self, notice: Notice | ArtifactSaved) -> None:
        """Puts something on record that is no measurement."""
        self._log.append([notice])

    def built(self, experiment: Experiment) -> tuple[TrainingState, Pipeline, TrainingBatches]:
        """A throw-away model of `experiment`, which is the job's own but for training settings, with its batches."""
        return built(experiment, self.text, self.device, lambda document: None)

    def trained(self, experiment: Experiment) -> float:
        """Trains a throw-away model of `experiment` to its end; returns its validation loss."""
        state, pipeline, batches = self.built(experiment)
        for _ in training_steps(state, pipeline, batches):
            self.check()
        return self.validation_loss(state, pipeline)

    def validation_loss(self, state: TrainingState, pipeline: Pipeline) -> float:
        """Nats per token on the windows that the experiment's own looks read."""
        context = functools.partial(pipeline.forward_context, state)
        with pipeline.evaluation_context(state):
            return take_exam(state.model, self._exam, self.device, context, self.check).loss

    @functools.cached_property
    def _exam(self) -> Exam:
        own, text = self.experiment, self.text
        shape = (own.model.context_length, own.training.batch_size)
        return make_exam(text.validation, text.tokenizer, *shape, most=own.evaluation.windows)


def built(
    experiment: Experiment, text: PreparedText, device: torch.device, emit: Callable[[AnyDocument], None]
) -> tuple[TrainingState, Pipeline, TrainingBatches]:
    """An untrained model of `experiment` with its techniques and its batches."""
    state, pipeline = build(experiment, text.tokenizer.vocab_size, device, emit)
    return state, pipeline, batches_for(state, text)


def with_training(experiment: Experiment, **changes: float) -> Experiment:
    """`experiment` with some settings of its training changed."""
    return msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, **changes))
