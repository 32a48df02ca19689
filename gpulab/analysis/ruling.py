"""How a verdict's rules are written down: tables of a condition and what is said then, and words that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gpulab.analysis import figures
from gpulab.analysis.case import Case
from gpulab.analysis.changes import Change
from gpulab.analysis.metrics import BY_KEY
from gpulab.analysis.saying import Saying

Rule = tuple[Callable[[Case], bool], Callable[[Case], Saying]]
"""Whether it applies, and what it says then."""


def first(rules: Sequence[Rule], case: Case) -> Saying:
    """What the first rule says that applies; the last one always does."""
    return next(say(case) for applies, say in rules if applies(case))


def fixed(key: str) -> Callable[[Case], Saying]:
    """A sentence without blanks."""
    return lambda case: Saying(key)


def labels(changes: Sequence[Change]) -> str:
    """The metrics' names, one after the other."""
    return ", ".join(BY_KEY[change.metric].label for change in changes)


def listed(changes: Sequence[Change], write: Callable[[Change], str]) -> str:
    """The metrics' names, each with a figure of its own."""
    return ", ".join(f"{BY_KEY[change.metric].label} {write(change)}" for change in changes)


def seen(case: Case) -> str:
    """For each figure that varies and did not differ: the smallest difference that would have shown."""
    shown = [change for change in case.alike if change in case.varying and change.detectable > 0]
    return listed(shown, figures.written_detectable)
