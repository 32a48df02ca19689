"""The techniques of a run, sorted by the phases they take part in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

from gpulab.engine.state import TrainingState
from gpulab.techniques.base import PHASES, Technique, overrides
from gpulab.techniques.guarding import Hook, guarded


class Pipeline:
    """One list of hooks for each phase, in the order in which techniques apply; empty lists cost nothing."""

    def __init__(self, techniques: Sequence[Technique]) -> None:
        self.techniques = techniques
        hooks = {phase: [guarded(t, phase) for t in techniques if overrides(t, phase)] for phase in PHASES}
        self.edit_model: list[Hook] = hooks["edit_model"]
        self.edit_optimizer: list[Hook] = hooks["edit_optimizer"]
        self.lr_factors: list[Hook] = hooks["lr_factor"]
        self.forward_contexts: list[Hook] = hooks["forward_context"]
        self.edit_batch: list[Hook] = hooks["edit_batch"]
        self.edit_loss: list[Hook] = hooks["edit_loss"]
        self.after_backward: list[Hook] = hooks["after_backward"][::-1]
        self.after_step: list[Hook] = hooks["after_step"]
        self.evaluation_contexts: list[Hook] = hooks["evaluation_context"]
        self.after_validation: list[Hook] = hooks["after_validation"]
        self.compress: list[Hook] = [guarded(t, "compress") for t in techniques if t.compresses()]
        self.before_export: list[Hook] = hooks["before_export"]

    def lr_factor(self, step: int, steps: int) -> float:
        """What all techniques together multiply the learning rate of `step` by."""
        factor = 1.0
        for hook in self.lr_factors:
            factor *= hook(step, steps)
        return factor

    def readings(self) -> dict[str, float]:
        """All techniques' figures of their own, by series."""
        return {key: value for technique in self.techniques for key, value in technique.readings().items()}

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """All techniques' forward contexts, entered in order."""
        return _all_of(self.forward_contexts, state)

    def evaluation_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """All techniques' evaluation contexts, entered in order."""
        return _all_of(self.evaluation_contexts, state)


@contextmanager
def _all_of(hooks: Sequence[Hook], state: TrainingState) -> Iterator[None]:
    with ExitStack() as stack:
        for hook in hooks:
            stack.enter_context(hook(state))
        yield
