"""What a comparison asks: its arms, how many seeds, and what counts as equal; on disk `comparison.json`.

Each arm's experiment is a file beside it (`arms/KEY.gpulab.toml`), so the differences between arms are those files'
differences and nothing else. The first arm is the baseline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import about, problem_with, settings_of

FORMAT = 1
COMPARISON = "comparison.json"
ARMS = "arms"

MOST_SEEDS = 20
"""No side of a comparison gets more."""
_MOST_ASKED = 100
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")

Question = Literal["with_without", "one_at_a_time", "all_combinations", "variants", "doses", "runs"]
"""How the arms came about; `doses` are one setting at several values, `runs` are runs that were there before."""

Part = Literal["final", "trained"]
"""Which figures of a run an arm reads: the final model's (compressed, where there is one), or the trained one's."""


class Asked(msgspec.Struct, frozen=True):
    """That the same was asked before: with `most_seeds` allowed, its runs were looked at `looks` times."""

    most_seeds: int
    looks: int


class Rules(msgspec.Struct, frozen=True):
    """How a comparison is decided. Regions are relative: differences within them are practically none.

    `asked` is no setting: the earlier comparisons of the same runs, each of which had a risk of error of its own.
    """

    least_seeds: Annotated[
        int,
        about(
            "Seeds at first",
            "How many seeds each side gets before the first look.",
            unit="seeds",
            low=1,
            high=MOST_SEEDS,
        ),
    ] = 3
    most_seeds: Annotated[
        int,
        about(
            "Seeds at most",
            "Seeds are added until the question is decided, or until so many.",
            unit="seeds",
            low=1,
            high=MOST_SEEDS,
        ),
    ] = 10
    until: Annotated[
        Literal["quality", "everything"],
        about(
            "Add seeds until",
            "Quality and sizes are decided soon. Small differences in speed scatter, and may take every seed.",
            labels={"quality": "Quality is decided", "everything": "Everything is decided"},
        ),
    ] = "quality"
    equal_quality: Annotated[
        float,
        about(
            "Equal quality",
            "Differences in quality up to this count as none.",
            unit="%",
            low=0.0,
            high=50.0,
            advanced=True,
        ),
    ] = 0.5
    equal_speed: Annotated[
        float,
        about(
            "Equal speed",
            "Differences in speed or time up to this count as none.",
            unit="%",
            low=0.0,
            high=50.0,
            advanced=True,
        ),
    ] = 2.0
    equal_memory: Annotated[
        float,
        about(
            "Equal memory",
            "Differences in memory up to this count as none.",
            unit="%",
            low=0.0,
            high=50.0,
            advanced=True,
        ),
    ] = 1.0
    equal_size: Annotated[
        float,
        about(
            "Equal size",
            "Differences in size on disk up to this count as none.",
            unit="%",
            low=0.0,
            high=50.0,
            advanced=True,
        ),
    ] = 0.5
    tune: Annotated[
        bool,
        about(
            "Best rate first",
            "Each side first searches its own learning rate, all with the same number of short runs.",
        ),
    ] = False
    tune_trials: Annotated[
        int,
        about(
            "Short runs",
            "How many short runs each side's search may make.",
            unit="runs",
            low=2,
            high=100,
            when=("tune", (True,)),
        ),
    ] = 8
    tune_steps: Annotated[
        int,
        about(
            "Length of a short run",
            "How many steps each short run takes.",
            unit="steps",
            low=1,
            high=100_000,
            when=("tune", (True,)),
        ),
    ] = 100
    price_per_hour: Annotated[
        float,
        about(
            "Price of an hour",
            "What an hour of this machine costs you; 0 leaves money out.",
            unit="per h",
            low=0.0,
            high=1e6,
            advanced=True,
        ),
    ] = 0.0
    price_per_kwh: Annotated[
        float,
        about("Price of energy", "What a kilowatt-hour costs you.", unit="per kWh", low=0.0, high=1e3, advanced=True),
    ] = 0.0
    watts: Annotated[
        float,
        about(
            "Power",
            "What this machine draws while it trains, where it cannot be measured; 0 leaves energy out.",
            unit="W",
            low=0.0,
            high=1e6,
            advanced=True,
        ),
    ] = 0.0

    asked: tuple[Asked, ...] = ()

    def awaits(self, family: str) -> bool:
        """Whether seeds are added until figures of that family (of metrics) are decided."""
        return self.until == "everything" or family in ("quality", "size")


class Arm(msgspec.Struct, frozen=True):
    """One side. `key` names its file and is unique; `name` is for people and may be anything.

    An arm with `runs_of` has no runs of its own: it reads `part` of the runs of that arm, which is how a compression is
    compared with the very model it was made from. One that `starts_from` another has runs of 0 steps, which take that
    arm's trained model of the same seed and only compress and judge it: one training serves many.
    """

    key: str
    name: str
    part: Part = "final"
    runs_of: str = ""
    starts_from: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """A question. `arms[0]` is the baseline; `dose` is the path of the setting that arms differ in, for `doses`."""

    name: str
    question: Question
    arms: tuple[Arm, ...]
    rules: Rules = Rules()
    dose: str = ""
    format: int = FORMAT

    @property
    def baseline(self) -> Arm:
        return self.arms[0]

    def arm(self, key: str) -> Arm:
        """The arm with that key. Raises KeyError."""
        return {arm.key: arm for arm in self.arms}[key]

    def trained_by(self, arm: Arm) -> str:
        """The key of the arm whose runs trained the models that `arm` judges: its own, if nobody else's."""
        source = self.arm(arm.runs_of) if arm.runs_of else arm
        return source.starts_from or source.key


def checked(comparison: Comparison) -> Comparison:
    """`comparison` itself. Raises BadInput with everything that is wrong with it as a whole."""
    broken = list(_broken(comparison))
    if broken:
        raise BadInput(*broken)
    return comparison


def _broken(comparison: Comparison) -> Iterator[Problem]:
    keys = [arm.key for arm in comparison.arms]
    if len(keys) < 2:
        yield Problem("too_few_arms", "arms", {"count": len(keys)})
    if len(set(keys)) < len(keys):
        yield Problem("arms_named_alike", "arms")
    for key in keys:
        if not _KEY.fullmatch(key):  # it becomes a file's name
            yield Problem("arm_key_odd", "arms", {"key": key})
    for arm in comparison.arms:
        if arm.runs_of and arm.runs_of not in keys:
            yield Problem("arm_unknown", "arms", {"key": arm.runs_of})
        elif arm.runs_of and comparison.arm(arm.runs_of).runs_of:
            yield Problem("arm_without_runs", "arms", {"key": arm.key, "other": arm.runs_of})
        if arm.starts_from and arm.starts_from not in keys:
            yield Problem("arm_unknown", "arms", {"key": arm.starts_from})
        elif (origin := arm.starts_from) and (comparison.arm(origin).runs_of or comparison.arm(origin).starts_from):
            yield Problem("arm_without_training", "arms", {"key": arm.key, "other": origin})
    yield from _broken_rules(comparison.rules)


def _broken_rules(rules: Rules) -> Iterator[Problem]:
    for setting in settings_of(Rules, "rules"):
        if problem := problem_with(setting, getattr(rules, setting.name)):
            yield problem
    for earlier in rules.asked:  # counts that follow from rules which were held to the same bounds
        for name, value in (("most_seeds", earlier.most_seeds), ("looks", earlier.looks)):
            if not 1 <= value <= MOST_SEEDS:
                yield _out_of_range(f"rules.asked.{name}", value, 1, MOST_SEEDS)
    if len(rules.asked) > _MOST_ASKED:
        yield _out_of_range("rules.asked", len(rules.asked), 0, _MOST_ASKED)
    if rules.least_seeds > rules.most_seeds:
        yield Problem("seeds_upside_down", "rules.most_seeds", {"least": rules.least_seeds, "most": rules.most_seeds})


def _out_of_range(field: str, value: int, low: int, high: int) -> Problem:
    return Problem("out_of_range", field, {"value": str(value)[:80], "low": low, "high": high})
