"""What a rule may look at: everything a run has recorded so far, without asking how it was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec


class Points(NamedTuple):
    """One series: the steps at which it was measured, rising, and its values; None where one was not finite."""

    steps: Sequence[int]
    values: Sequence[float | None]

    @property
    def known(self) -> list[tuple[int, float]]:
        """The finite ones."""
        return [(step, value) for step, value in zip(self.steps, self.values, strict=True) if value is not None]


class Happening(msgspec.Struct, frozen=True):
    """A notice of the run: its key and arguments, and the step where it has one."""

    key: str
    step: int | None = None
    arguments: Mapping[str, Any] = {}


class Finding(msgspec.Struct, frozen=True):
    """What the examination `name` found in the model after `step` steps; `parts` are figures of one part each.

    `variant` is `trained` or `compressed`; `final` is said of the finished model.
    """

    name: str
    step: int
    values: Mapping[str, float | None]
    parts: Mapping[str, Mapping[str, float | None]] = {}
    variant: str = "trained"
    final: bool = False


class Evidence(msgspec.Struct, frozen=True):
    """A run up to `step` of `steps`. `settings` are the experiment's plain tables, `series` by key, `summary` the
    figures of its end (empty before), `status` empty while it trains."""

    step: int
    steps: int
    settings: Mapping[str, Any]
    series: Mapping[str, Points]
    happenings: tuple[Happening, ...] = ()
    findings: tuple[Finding, ...] = ()
    summary: Mapping[str, Any] = {}
    status: str = ""
    reason: str = ""
    vocab_size: int = 0
    training_tokens: int = 0
    device: str = ""

    def points(self, key: str) -> Points:
        """The series `key`; empty where the run has none."""
        return self.series.get(key, Points((), ()))

    def found(self, name: str, variant: str = "trained") -> list[Finding]:
        """What the examination `name` found in that model, the newest last; empty where it was not made."""
        return [one for one in self.findings if one.name == name and one.variant == variant]

    def setting(self, path: str) -> Any:
        """What stands at `path`, such as `training.steps`; None where nothing does."""
        found: Any = self.settings
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found
