"""The lessons as a person chooses among them: what each is about, what it needs, how long it takes, in which group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from gpulab.lessons.recordings import recorded
from gpulab.lessons.shelf import bundled, checked
from gpulab.lessons.show import can_show
from gpulab.spec.lesson import SUFFIX, Lesson
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import BadInput, Problem

GroupKey = Literal["basics", "techniques", "beliefs"]

GROUPS: dict[GroupKey, tuple[str, str]] = {
    "basics": ("Basics", "What training is, seen at work."),
    "techniques": ("Techniques", "Each has a promise, and a price that is easy to overlook."),
    "beliefs": ("Common beliefs", "What many believe about GPUs and GPT models, put to the test."),
}
"""Title of each group and what it is about, in the order in which the page shows them."""


class LessonCard(msgspec.Struct, frozen=True):
    """One lesson on the shelf. `name` is its file's; `minutes` is how long it takes live.

    `needs` is what it takes to see the effect here, of which `met` says whether this machine has it. `recording` says
    where and when what is played instead was made: empty where there is none.
    """

    name: str
    title: str
    summary: str
    picture: str
    minutes: float
    card: str = ""
    misconception: str = ""
    needs: str = ""
    met: bool = True
    recording: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def group(self) -> GroupKey:
        """Where it stands."""
        if self.misconception:
            return "beliefs"
        return "techniques" if self.card else "basics"

    @property
    def playable(self) -> bool:
        """Whether there is anything to see here: a live run, or a recording of one."""
        return not self.problems and (self.met or bool(self.recording))


class Shelf(msgspec.Struct, frozen=True):
    """What stands on the shelf, and the lessons that can be opened, by name."""

    cards: tuple[LessonCard, ...]
    written: Mapping[str, Written]


def read_shelf() -> Shelf:
    """The lessons that come with GPU Lab, with what is wrong with those that cannot be shown. Touches the disk."""
    cards, written = [], {}
    for path in bundled():
        try:
            known = checked(path)
        except BadInput as bad:
            name = path.name.removesuffix(SUFFIX)
            cards.append(LessonCard(name, name, "", "", 0, problems=bad.problems))
            continue
        written[known.lesson.name] = known
        cards.append(card_of(known.lesson))
    return Shelf(tuple(cards), written)


def card_of(lesson: Lesson) -> LessonCard:
    """A lesson as it stands on the shelf."""
    known = next((found for work in lesson.work if work.recording and (found := recorded(work.recording))), None)
    return LessonCard(
        lesson.name,
        lesson.title,
        lesson.summary,
        lesson.picture,
        lesson.minutes,
        lesson.card,
        lesson.misconception,
        lesson.needs,
        can_show(lesson.needs),
        f"{known.machine}, {known.date}" if known else "",
    )


class Group(msgspec.Struct, frozen=True):
    """Lessons that belong together."""

    key: GroupKey
    title: str
    about: str
    lessons: tuple[LessonCard, ...]


def grouped(lessons: Iterable[LessonCard]) -> tuple[Group, ...]:
    """The groups that hold anything, in their order; techniques stand in the order of the article's cards."""
    known = list(lessons)
    found = (Group(key, *GROUPS[key], tuple(_sorted(one for one in known if one.group == key))) for key in GROUPS)
    return tuple(group for group in found if group.lessons)


def _sorted(lessons: Iterable[LessonCard]) -> list[LessonCard]:
    """In the order of the article's cards; those that belong to none, the shortest first."""
    return sorted(lessons, key=lambda one: (int(one.card[1:] or 0), 0 if one.card else one.minutes, one.title))
