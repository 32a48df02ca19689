"""Whether a lesson showed what it promises: with every seed that was run, not on average."""

from __future__ import annotations

import math

import msgspec

from gpulab.lessons.figures import Results
from gpulab.spec.lesson import Promise


class Kept(msgspec.Struct, frozen=True):
    """A promise and what was seen. `holds` is None while nothing is known.

    `per_seed` are the figure's values; for a danger 1 where it was raised, else 0.
    """

    promise: Promise
    holds: bool | None
    per_seed: tuple[float, ...] = ()


def checked(results: Results) -> list[Kept]:
    """Every promise of the lesson against what its works came to."""
    return [_checked(promise, results) for promise in results.written.lesson.promises]


def _checked(promise: Promise, results: Results) -> Kept:
    if promise.figure:
        values = results.figure(promise.figure).per_seed
    else:
        runs = results.outcome(promise.work).arms.get(promise.arm, [])
        values = tuple(float(any(one.detector.name == promise.danger for one in ran.dangers)) for ran in runs)
    return Kept(promise, all(keeps(promise, value) for value in values) if values else None, values)


def keeps(promise: Promise, value: float) -> bool:
    """Whether one seed's `value` is as promised: a figure, or for a danger 1 where it was raised, else 0."""
    if promise.danger:
        return bool(value) is not promise.absent
    if not math.isfinite(value):
        return False
    return (promise.above is None or value > promise.above) and (promise.below is None or value < promise.below)
