"""What it costs to keep a checkpoint safe: formats and guards, from rounds in which each had its turn.

A format's cost is that of the whole file, written and read; a guard's comes on top of it. A run pays for writing with
every checkpoint that it saves, and for reading once. A key is made from its passphrase once to write, whatever is
written with it, and once to read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from gpulab.analysis.intervals import Interval, median, paired_ratio
from gpulab.analysis.numerals import duration

if TYPE_CHECKING:
    from gpulab.events.documents import Trial

Way = Literal["safetensors", "weights_only", "pickle", "checksum", "encryption", "passphrase"]
FORMATS: tuple[Way, ...] = ("safetensors", "weights_only", "pickle")
GUARDS: tuple[Way, ...] = ("checksum", "encryption", "passphrase")
WAYS: tuple[Way, ...] = get_args(Way)

Attack = Literal["code_unsafe", "code_safe", "altered_plain", "altered_checksum", "altered_encryption"]
ATTACKS: tuple[Attack, ...] = get_args(Attack)

_BRIEF = 0.1


class Guarded(msgspec.Struct, frozen=True):
    """The file in question, in bytes, and the run that it is of: how often it saved, and how long it trained."""

    bytes: float
    saves: float
    train_seconds: float | None


class Cost(msgspec.Struct, frozen=True):
    """Seconds to write and to read once; `run` is the share of the run's training, None where that is not known."""

    way: Way
    write: Interval
    read: Interval
    run: Interval | None


def guarded(trials: Sequence[Trial]) -> Guarded | None:
    """What was looked at; None before that is on record."""
    found = next((one.values for one in trials if one.names["what"] == "run"), None)
    if found is None:
        return None
    return Guarded(found["bytes"] or 0.0, found["saves"] or 0.0, found["train_seconds"])


def costs(trials: Sequence[Trial]) -> list[Cost]:
    """What each way costs that had a turn."""
    of = guarded(trials)
    found = {way: _rounds(trials, way) for way in WAYS}
    return [_cost(way, rounds, of) for way, rounds in found.items() if of and rounds]


def _cost(way: Way, rounds: Sequence[tuple[float, float]], of: Guarded) -> Cost:
    run = None
    if of.train_seconds:
        saves = 1.0 if way == "passphrase" else of.saves
        run = median([(saves * write + read) / of.train_seconds for write, read in rounds])
    return Cost(way, median([write for write, _ in rounds]), median([read for _, read in rounds]), run)


def reading_ratio(trials: Sequence[Trial], way: Way, other: Way) -> Interval | None:
    """How many times as long `way` reads as `other`, round by round; None where either had no turn."""
    pairs = list(zip(_rounds(trials, way), _rounds(trials, other), strict=False))
    return paired_ratio([one for (_, one), _ in pairs], [two for _, (_, two) in pairs]) if pairs else None


def got_through(trials: Sequence[Trial]) -> dict[Attack, bool]:
    """Which attacks were tried, and whether nothing stopped them."""
    tried = {one.names["attack"]: bool(one.values["got_through"]) for one in trials if one.names["what"] == "attack"}
    return {attack: tried[attack] for attack in ATTACKS if attack in tried}


def per_second(size: float, seconds: float) -> float:
    """Bytes in a second; NaN where that took no time."""
    return size / seconds if seconds else math.nan


def brief(seconds: float) -> str:
    """A time that may be very short: `0.279 ms`, `0.224 s`."""
    return duration(seconds) if seconds >= _BRIEF else f"{1000.0 * seconds:.3g} ms"


def _rounds(trials: Sequence[Trial], way: Way) -> list[tuple[float, float]]:
    found = [one.values for one in trials if one.names["what"] == "round" and one.names["way"] == way]
    return [(values["write_s"] or 0.0, values["read_s"] or 0.0) for values in found]
