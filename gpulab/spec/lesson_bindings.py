"""What a figure of a lesson is bound to, taken apart: `prune.half.change.test_bits_per_byte`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from gpulab.spec.lesson import Lesson, Work
from gpulab.spec.problem import refuse

Way = Literal["value", "change", "setting", "start", "end", "best", "found", "summary", "trial"]
"""How the figure is found:

`value` a metric; `change` its relative change against the baseline; `setting` a number of the experiment; `start`,
`end` and `best` (lowest) a series' first, last and lowest reading; `found` an examination's newest value; `summary`
another figure of the run's summary; `trial` a job's measurement or suggestion.
"""
WAYS = tuple(way for way in get_args(Way) if way not in ("value", "trial"))


class Binding(msgspec.Struct, frozen=True):
    """`of` is a metric, setting, series, `EXAMINATION.VALUE`, key of a summary, or `TRIAL.VALUE`."""

    path: str
    work: str
    arm: str
    way: Way
    of: str

    @property
    def before_running(self) -> bool:
        """Whether it is known before anything has run."""
        return self.way == "setting"


def binding(path: str, lesson: Lesson) -> Binding:
    """`path` taken apart. Raises BadInput where the lesson has no such work or arm, or nothing is named."""
    works: Mapping[str, Work] = {work.key: work for work in lesson.work}
    first, _, rest = path.partition(".")
    if first not in works:
        raise refuse("lesson_work_unknown", work=first, known=", ".join(works))
    work, arm = works[first], ""
    if work.kind == "comparison":
        arm, _, rest = rest.partition(".")
        if arm not in (known := [one.key for one in work.arms]):
            raise refuse("lesson_arm_unknown", work=first, arm=arm, known=", ".join(known))
    way, _, of = rest.partition(".")
    if work.kind == "job" and way != "setting":
        if not of:
            raise refuse("lesson_unbound", path=path)
        return Binding(path, first, "", "trial", rest)
    for known_way in WAYS:
        if way == known_way:
            if not of or (way == "found" and "." not in of):
                raise refuse("lesson_unbound", path=path)
            if way == "change" and (not arm or arm == work.arms[0].key):
                raise refuse("lesson_no_change", path=path)
            return Binding(path, first, arm, known_way, of)
    if not rest or "." in rest:
        raise refuse("lesson_unbound", path=path)
    return Binding(path, first, arm, "value", rest)
