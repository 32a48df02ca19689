"""Where lessons stand, and what is wrong with those that cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpulab.lessons.checking import problems
from gpulab.resources import resource
from gpulab.spec.lesson import SUFFIX
from gpulab.spec.lesson_file import Written, in_folder, load
from gpulab.spec.problem import BadInput, refuse


def bundled() -> list[Path]:
    """The files of the lessons that come with GPU Lab."""
    return list(in_folder(resource("lessons")))


def checked(path: Path) -> Written:
    """The lesson in `path`, its experiments, figures and pictures looked for. Raises BadInput with every problem."""
    written = load(path)
    if found := list(problems(written)):
        raise BadInput(*found)
    return written


def all_bundled() -> Iterator[Written]:
    """The lessons that come with GPU Lab, the article's techniques first; one that cannot be read is left out."""
    found = []
    for path in bundled():
        try:
            found.append(load(path))
        except BadInput:  # `gpulab lesson check` says why
            continue
    return iter(sorted(found, key=_order))


def named(name: str) -> Path:
    """The file of a lesson, by its path or, of those that come along, by its name. Raises BadInput `lesson_missing`."""
    if (path := Path(name)).is_file():
        return path
    known = {path.name.removesuffix(SUFFIX): path for path in bundled()}
    if name not in known:
        raise refuse("lesson_missing", name=name, known=", ".join(known) or "none")
    return known[name]


def _order(written: Written) -> tuple[bool, int, bool, str]:
    lesson = written.lesson
    number = int(lesson.card[1:]) if lesson.card else 0
    return (bool(lesson.misconception), number, bool(lesson.needs), lesson.name)
