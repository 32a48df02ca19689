"""Asks the examinations of a model at their moments, behind the guard, and tells what they found as documents."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

from gpulab.engine.desk import Stopped
from gpulab.engine.examinations.examination import Examination, Figures, Found, Subject, When
from gpulab.engine.probes.guard import Guard
from gpulab.events.codec import finite
from gpulab.events.documents import Examined

MOMENTS = 4
"""At about so many looks of a training the examinations that look now and then are made."""


class Examiner:
    """Of one run. `seconds` is what its examinations took so far."""

    def __init__(self, examinations: Sequence[Examination], guard: Guard, steps: int, begun_at: int = 0) -> None:
        self._examinations, self._guard = examinations, guard
        self._between = max(1, steps // MOMENTS)
        self._next = -(-begun_at // self._between) * self._between
        self.seconds = 0.0

    def look(self, subject: Subject) -> list[Examined]:
        """What is due at this look at a model that trains."""
        step = subject.state.step
        if step < self._next:
            return []
        self._next = (step // self._between + 1) * self._between
        due: tuple[When, ...] = ("sometimes",) if step else ("begin", "sometimes")
        return self._ask([one for one in self._examinations if one.when in due], subject)

    def finish(self, subject: Subject) -> list[Examined]:
        """Everything, of a finished model."""
        return self._ask([one for one in self._examinations if one.when != "written"], subject)

    def read(self, subject: Subject) -> list[Examined]:
        """What is asked about the text that the model has just written."""
        if not subject.state.step:
            return []
        return self._ask([one for one in self._examinations if one.when == "written"], subject)

    def _ask(self, examinations: Sequence[Examination], subject: Subject) -> list[Examined]:
        found = (self._asked(examination, subject) for examination in examinations)
        return [document for document in found if document is not None]

    def _asked(self, examination: Examination, subject: Subject) -> Examined | None:
        began = time.perf_counter()
        found = self._guard.call(examination.label, lambda: _answer(examination, subject), None)
        took = time.perf_counter() - began
        self.seconds += took
        if isinstance(found, Stopped):
            raise found
        if found is None:
            return None
        return Examined(
            name=examination.name,
            step=subject.state.step,
            values=_finite(found.values),
            parts={name: _finite(figures) for name, figures in found.parts.items()},
            variant=subject.variant,
            final=subject.final,
            seconds=took,
        )


def _answer(examination: Examination, subject: Subject) -> Found | Stopped | None:
    """What was found; Stopped is no failure, and is handed on."""
    try:
        with undisturbed(subject.model), torch.no_grad():
            return examination.examine(subject)
    except Stopped as stop:
        return stop


@contextmanager
def undisturbed(model: torch.nn.Module) -> Iterator[None]:
    """Whatever is done inside, `model` and torch's own chance are afterwards as they were: modes, buffers, gradients.

    Weights are not put back: no examination may change one.
    """
    modes = {module: module.training for module in model.modules()}
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    devices = sorted({each.device.index or 0 for each in model.parameters() if each.is_cuda})
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            for module, training in modes.items():
                module.training = training
            for buffer, was in buffers:
                buffer.copy_(was)
            for parameter, gradient in gradients:
                parameter.grad = gradient


def _finite(figures: Figures) -> dict[str, float | None]:
    return {key: finite(float(value)) for key, value in figures.items()}
