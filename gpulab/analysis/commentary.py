"""What just happened in a run, in sentences that a beginner can follow: the same evidence that dangers are found in.

Each rule says one thing or nothing, and every figure in it is one that the run recorded. The order is that of a told
story: what was on, how it learned, how it stands on text it never saw, what compressing did, what it took.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median
from typing import Any

from gpulab.analysis import figures
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import level
from gpulab.analysis.metrics import BY_KEY, is_number
from gpulab.analysis.numerals import NONE
from gpulab.analysis.saying import Saying

_AROUND = 1 / 40
"""A loss is the median over this share of the steps to both sides: no single batch decides what is said."""
_HARDLY, _LEVEL, _TURNED, _APART = 0.02, 0.005, 0.02, 0.10
_LEAST_STEPS = 40
_FREE = 0.005
_PARTS = (("start", 0.1), ("early", 0.5), ("late", 1.0))


def commentary(evidence: Evidence, name_of: Callable[[str], str] = str) -> tuple[Saying, ...]:
    """What can be said of the run so far; `name_of` gives a technique's label for its name."""
    if evidence.step <= 0 and not evidence.summary:
        return ()
    return (
        *_switched_on(evidence, name_of),
        *_learned(evidence),
        *_held_out(evidence),
        *_ended_early(evidence),
        *_judged(evidence.summary),
        *_compressed(evidence.summary),
        *_took(evidence),
    )


def _switched_on(evidence: Evidence, name_of: Callable[[str], str]) -> Iterator[Saying]:
    on = evidence.settings.get("techniques")
    if on:
        yield Saying("commentary_techniques", {"techniques": ", ".join(name_of(name) for name in on)})
    else:
        yield Saying("commentary_plain")


def _learned(evidence: Evidence) -> Iterator[Saying]:
    """How far the training loss went, and when it went most of the way."""
    values = [value for _, value in evidence.points("train_loss").known]
    now = level(evidence)
    if len(values) < 2 or now is None or values[0] <= 0.0:
        return
    first = values[0]
    change = now / first - 1.0
    arguments = {"first": figures.loss(first), "now": figures.loss(now), "change": figures.relative(change)}
    if change > _HARDLY:
        yield Saying("commentary_rose", arguments)
    elif change > -_HARDLY:
        yield Saying("commentary_hardly_fell", arguments)
    else:
        yield Saying("commentary_fell", arguments)
        yield from _when(evidence)


def _when(evidence: Evidence) -> Iterator[Saying]:
    """In which part of the steps the loss fell furthest: the first tenth, the rest of the first half, or the second."""
    known = evidence.points("train_loss").known
    if len(known) < _LEAST_STEPS:
        return
    ends, around = [round(share * (len(known) - 1)) for _, share in _PARTS], round(_AROUND * len(known))
    near = [known[max(0, end - around) : end + around + 1] for end in ends]
    levels = [known[0][1], *(median(value for _, value in each) for each in near)]
    fell = [before - after for before, after in pairwise(levels)]
    whole = levels[0] - levels[-1]
    part = max(range(len(fell)), key=fell.__getitem__)
    if whole <= 0.0 or not whole / 2 <= fell[part] <= whole:
        return
    arguments = {"share": figures.share(fell[part] / whole), "step": figures.steps(known[ends[part]][0])}
    if part:
        arguments["since"] = figures.steps(known[ends[part - 1]][0])
    yield Saying(f"commentary_most_{_PARTS[part][0]}", arguments)


def _held_out(evidence: Evidence) -> Iterator[Saying]:
    """Where the validation loss stands against its best, and how far it lies above the training loss."""
    looks = evidence.points("val_loss").known
    if len(looks) < 2:
        return
    step, best = min(looks, key=lambda look: look[1])
    now = looks[-1][1]
    if best <= 0.0:
        return
    arguments = {"best": figures.loss(best), "step": figures.steps(step), "now": figures.loss(now)}
    above = now / best - 1.0
    if above < _LEVEL:
        yield Saying("commentary_best_now" if step == looks[-1][0] else "commentary_level", arguments)
    else:
        key = "commentary_turned" if above >= _TURNED else "commentary_above_best"
        yield Saying(key, {**arguments, "change": figures.relative(above)})
    train = level(evidence)
    if train is not None and train > 0.0 and (gap := now / train - 1.0) >= _APART:
        yield Saying("commentary_gap", {"change": figures.relative(gap), "train": figures.loss(train)})


def _ended_early(evidence: Evidence) -> Iterator[Saying]:
    keys = {happening.key for happening in evidence.happenings}
    if "ended_early" in keys:
        arguments = {"step": figures.steps(evidence.step), "steps": figures.steps(evidence.steps)}
        yield Saying("commentary_ended_early", arguments)


def _judged(summary: Any) -> Iterator[Saying]:
    """What the finished model is worth on text that nothing chose by."""
    bits, right = _figure(summary, "test_bits_per_byte"), _figure(summary, "test_accuracy")
    if bits == NONE:
        return
    key = "commentary_judged" if summary.get("comparable", True) else "commentary_judged_apart"
    yield Saying(key, {"bits": bits})
    if right != NONE:
        yield Saying("commentary_right", {"right": right})


def _compressed(summary: Any) -> Iterator[Saying]:
    """What the compressed copy has lost, and what that was for."""
    compressed = summary.get("compressed")
    if not compressed:
        return
    lost = _change(summary, compressed, "test_bits_per_byte")
    if lost is not None:
        key = "cost" if lost > _FREE else "gained" if lost < -_FREE else "free"
        arguments = {"before": _figure(summary, "test_bits_per_byte"), "change": figures.relative(lost)}
        yield Saying(f"commentary_compressed_{key}", {**arguments, "after": _figure(compressed, "test_bits_per_byte")})
    size = _change(summary, compressed, "model_bytes")
    if size is not None:
        key = "commentary_smaller" if size < -_HARDLY else "commentary_no_smaller"
        sizes = {"before": _figure(summary, "model_bytes"), "after": _figure(compressed, "model_bytes")}
        yield Saying(key, {**sizes, "change": figures.relative(size)})


def _took(evidence: Evidence) -> Iterator[Saying]:
    """How fast it was, and how much memory it held at its peak."""
    summary = evidence.summary
    speed, time = _figure(summary, "tokens_per_s"), _figure(summary, "train_seconds")
    if speed != NONE and time != NONE:
        yield Saying("commentary_speed", {"speed": speed, "time": time})
    if (memory := _figure(summary, "peak_memory_bytes")) != NONE:
        yield Saying("commentary_memory", {"memory": memory})


def _figure(summary: Any, key: str) -> str:
    """A metric of the summary as it is written everywhere; a dash where it was not measured."""
    value = summary.get(key)
    return figures.written(BY_KEY[key], float(value)) if is_number(value) else NONE


def _change(before: Any, after: Any, key: str) -> float | None:
    """The relative change of a metric; None where one of both is missing."""
    first, second = before.get(key), after.get(key)
    if not (is_number(first) and is_number(second)) or not first or not math.isfinite(second / first):
        return None
    return second / first - 1.0
