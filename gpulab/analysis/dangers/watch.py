"""Keeps watch over one run: asks every rule at the same steps, whether the run is followed or was read from the disk.

A danger that was raised stays raised, with the step at which it was first seen: what a later step hides has still
happened. The steps at which rules are asked follow from the record alone, so that screen, terminal and report agree.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from gpulab.analysis.dangers.danger import Danger, Detector, Severity
from gpulab.analysis.dangers.evidence import Evidence, Points

LOOK = "val_loss"
_MOST_LOOKS = 100
_RANKS: Mapping[Severity, int] = {"info": 1, "warning": 2, "danger": 3}


class Raised(msgspec.Struct, frozen=True):
    """A danger and who raised it; its `step` is where it was first seen."""

    detector: Detector
    danger: Danger

    @property
    def rank(self) -> int:
        """How grave it is: 1 (info) to 3 (danger)."""
        return _RANKS[self.danger.severity]


class SwitchedOff(msgspec.Struct, frozen=True):
    """A rule that failed in this run, and with what."""

    detector: Detector
    error: str


class Lazy(Mapping[str, Points]):
    """Series by key, each fetched when a rule first asks for it: most rules need few of them."""

    def __init__(self, keys: Iterable[str], fetch: Callable[[str], Points]) -> None:
        self._keys, self._fetch = dict.fromkeys(keys), fetch
        self._known: dict[str, Points] = {}

    def __getitem__(self, key: str) -> Points:
        if key not in self._known:
            if key not in self._keys:
                raise KeyError(key)
            self._known[key] = self._fetch(key)
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class Watch:
    """The dangers of one run so far. `look` again whenever there is more evidence; it asks about new steps only."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._detectors = tuple(detectors)
        self._raised: dict[str, Raised] = {}
        self._said: list[tuple[float, Raised]] = []  # with the step about which it was asked; the end is beyond all
        self._until = -1
        self._over = False
        self.switched_off: list[SwitchedOff] = []

    @property
    def raised(self) -> tuple[Raised, ...]:
        """The gravest first, of equals the earliest."""
        return tuple(sorted(self._raised.values(), key=lambda one: (-one.rank, one.danger.step)))

    def look(self, evidence: Evidence) -> None:
        """Asks the rules about every step with news that they were not asked about yet, and about the end."""
        for step in moments(evidence):
            if step > self._until:
                self._ask(until(evidence, step), step)
                self._until = step
        if evidence.status and not self._over:
            self._ask(evidence, math.inf)
            self._over = True

    def go_back(self, step: int) -> None:
        """The run was resumed at `step` and lives again what followed."""
        said, self._said, self._raised = self._said, [], {}
        for at, one in said:
            if at <= step:
                self._keep(at, one)
        self._until, self._over = min(self._until, step), False

    def _ask(self, evidence: Evidence, at: float) -> None:
        silent = {off.detector.name for off in self.switched_off}
        for detector in self._detectors:
            if detector.name in silent:
                continue
            try:
                found = detector.look(evidence)
            except Exception as error:  # a rule that is wrong must not end what it looks at
                self.switched_off.append(SwitchedOff(detector, f"{type(error).__name__}: {error}"))
                continue
            if found is not None:
                self._keep(at, Raised(detector, found))

    def _keep(self, at: float, news: Raised) -> None:
        """The gravest that was said stands; of equals the newest, whose figures reach furthest."""
        self._said.append((at, news))
        before = self._raised.get(news.detector.name)
        if before is None:
            self._raised[news.detector.name] = news
        elif news.rank >= before.rank:
            first = min(before.danger.step, news.danger.step)
            self._raised[news.detector.name] = Raised(news.detector, msgspec.structs.replace(news.danger, step=first))


def worst(raised: Sequence[Raised]) -> Severity | None:
    """The gravest severity among `raised`, None where there is none."""
    return max(raised, key=lambda one: one.rank).danger.severity if raised else None


def moments(evidence: Evidence) -> list[int]:
    """The steps about which rules are asked: looks at held-out text, and the first notice of each kind.

    Of a long run's looks every second, third, … is taken: at most about a hundred.
    """
    between = evidence.setting("training.eval_interval")
    planned = evidence.steps // between if isinstance(between, int) and between > 0 else 0
    stride = -(-planned // _MOST_LOOKS) or 1
    firsts: dict[str, int] = {}
    for happening in evidence.happenings:
        firsts.setdefault(happening.key, happening.step or 0)
    found = {*evidence.points(LOOK).steps[::stride], *firsts.values()}
    return sorted(step for step in found if step <= evidence.step)


def until(evidence: Evidence, step: int) -> Evidence:
    """What was known after `step`: no later sample or notice, and no end."""
    whole = evidence.series

    def cut(key: str) -> Points:
        points = whole[key]
        rows = bisect_right(points.steps, step)
        return Points(points.steps[:rows], points.values[:rows])

    return msgspec.structs.replace(
        evidence,
        step=step,
        series=Lazy(whole, cut),
        happenings=tuple(one for one in evidence.happenings if (one.step or 0) <= step),
        findings=tuple(one for one in evidence.findings if one.step <= step and not one.final),
        summary={},
        status="",
        reason="",
    )
