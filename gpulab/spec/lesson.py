"""What a lesson is: text, the experiments it runs, steps to walk through, promises to keep; `NAME.lesson.toml` on disk.

A lesson has no code, and its figures are bound to its own runs: `{prune.half.test_bits_per_byte}`. How to write one:
`resources/docs/writing-a-lesson.md`. The door into these structs is
`gpulab/spec/lesson_file.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from gpulab.spec.setting import Value

FORMAT = 1
SUFFIX = ".lesson.toml"
LEAST_STEPS, MOST_STEPS = 3, 7

Rule = Literal["key", "name", "line", "text", "bound", "source"]


def _as(rule: Rule) -> msgspec.Meta:
    """Which rule of `gpulab.spec.lesson_text` a string must keep."""
    return msgspec.Meta(title=rule)


Key = Annotated[str, _as("key")]
"""Small letters, digits, - and _."""
Name = Annotated[str, _as("name")]
"""A name of something that is there: a preset, a picture, a series."""
Line = Annotated[str, _as("line")]
"""Plain words in one line; nothing in it is bound."""
Text = Annotated[str, _as("text")]
"""Plain words with *emphasis* and {bound.figures}; a digit that stands free is refused."""
Bound = Annotated[str, _as("bound")]
"""What a figure is bound to, without the braces."""
Source = Annotated[str, _as("source")]
"""Who found it out, and where; the only place in which a year may stand."""

Part = Literal["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12", ""]
Misconception = Literal["magic_bullet", "more_gpus", "safe_as_is", "speed_over_security", ""]
Needs = Literal["", "cuda", "two_cuda", "compiler"]
WorkKind = Literal["comparison", "run", "job", "step"]


class LessonArm(msgspec.Struct, frozen=True, kw_only=True):
    """A side of a comparison: what it changes of the work's experiment. The first is the baseline."""

    key: Key
    name: Line
    changes: Mapping[str, Value] = {}


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is run, to which figures are bound by `key`.

    `experiment` is a preset or a file beside the lesson. A value that begins with @ (`"@base"`, `"@prune.half"`) in
    `changes` or `settings` is the folder of that earlier work's run. `seeds` is how many the live show takes. `job` and
    `settings` are for kind job. `recording` names a folder in `resources/recordings`.
    """

    key: Key
    kind: WorkKind
    experiment: Name = "nano"
    changes: Mapping[str, Value] = {}
    arms: tuple[LessonArm, ...] = ()
    seeds: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    job: Name = ""
    settings: Mapping[str, Value] = {}
    recording: Key = ""

    def arm(self, key: str) -> LessonArm:
        """The arm with that key. Raises KeyError."""
        return {arm.key: arm for arm in self.arms}[key]


class _Step(msgspec.Struct, frozen=True, kw_only=True):
    """What every step has. `picture` is a file of `resources/pictures`."""

    title: Line
    text: Text = ""
    picture: Name = ""


class Say(_Step, frozen=True, kw_only=True, tag="say"):
    """The presenter says something."""


class Show(_Step, frozen=True, kw_only=True, tag="show"):
    """A chart of a work (`chart` is a series, drawn for every arm) or figures of it."""

    work: Key = ""
    chart: Name = ""
    figures: tuple[Bound, ...] = ()


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of a bet, right where the figure lies above and below its bounds."""

    name: Line
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        return (self.above is None or value > self.above) and (self.below is None or value < self.below)


class Bet(_Step, frozen=True, kw_only=True, tag="bet"):
    """The room guesses a figure before its work has run: a number in `unit`, or one of the `choices`."""

    question: Line
    about: Bound
    unit: Line = ""
    choices: tuple[Choice, ...] = ()


class Run(_Step, frozen=True, kw_only=True, tag="run"):
    """A work is run."""

    work: Key


class Reveal(_Step, frozen=True, kw_only=True, tag="reveal"):
    """What came out, with the room's guesses beside it."""

    work: Key
    chart: Name = ""
    figures: tuple[Bound, ...] = ()


class TakeAway(_Step, frozen=True, kw_only=True, tag="take_away"):
    """What to remember."""


Step = Say | Show | Bet | Run | Reveal | TakeAway
STEPS: Mapping[str, type[Step]] = {
    "say": Say,
    "show": Show,
    "bet": Bet,
    "run": Run,
    "reveal": Reveal,
    "take_away": TakeAway,
}


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the lesson shows whenever it runs: a `figure` within bounds, or a `danger` that is raised (or `absent`)."""

    figure: Bound = ""
    above: float | None = None
    below: float | None = None
    danger: Name = ""
    work: Key = ""
    arm: Key = ""
    absent: bool = False


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson. `name` is that of its file, `minutes` how long it takes to present."""

    name: Name = ""
    title: Line
    summary: Line
    minutes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    card: Part = ""
    misconception: Misconception = ""
    picture: Name = ""
    needs: Needs = ""
    sources: tuple[Source, ...] = ()
    work: tuple[Work, ...]
    steps: tuple[Step, ...]
    promises: tuple[Promise, ...]

    def works(self, key: str) -> Work:
        """The work with that key. Raises KeyError."""
        return {work.key: work for work in self.work}[key]
