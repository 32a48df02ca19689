"""Sides by letters: the one way in which figures, tables and cards of a report name what was compared."""

from __future__ import annotations

from collections.abc import Iterator

from gpulab.report.model import Side, letter
from gpulab.spec.comparison import Comparison


class Sides:
    """The sides of `comparison` by their arms' keys, the baseline first."""

    def __init__(self, comparison: Comparison) -> None:
        self._of = {arm.key: Side(letter(place), arm.name, place) for place, arm in enumerate(comparison.arms)}

    def __getitem__(self, arm: str) -> Side:
        return self._of[arm]

    def __iter__(self) -> Iterator[Side]:
        return iter(self._of.values())

    def of(self, arms: Iterator[str]) -> tuple[Side, ...]:
        """Those of `arms`, each once, in the comparison's order."""
        wanted = set(arms)
        return tuple(side for key, side in self._of.items() if key in wanted)
