"""A lesson shown from start to end with a seed of its own: how long that took, and what came out."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from gpulab.lessons import show as shows
from gpulab.lessons.beside import fingerprint
from gpulab.lessons.figures import results_of
from gpulab.lessons.promises import checked
from gpulab.lessons.show import Show
from gpulab.spec.lesson import Promise
from gpulab.spec.lesson_file import Written
from gpulab.spec.lesson_rules import all_bindings

LONGEST_S = 180.0
"""A lesson may take so long, all its works together."""
_LOOK_S = 0.05
_PATIENCE_S = 900.0


class Shown(msgspec.Struct, frozen=True):
    """`figures` by binding, and promised dangers by `named`: 1 where one was raised, else 0. `reasons` say why works
    failed."""

    seconds: float
    figures: dict[str, float]
    reasons: tuple[str, ...] = ()


def named(promise: Promise) -> str:
    """What a promise is about, in one word."""
    return promise.figure or f"{promise.danger} in {promise.work}.{promise.arm}".rstrip(".")


def facts_of(written: Written) -> tuple[object, ...]:
    """Everything of a lesson on which its figures depend: other texts and bounds need no other showing."""
    about = [named(promise) for promise in written.lesson.promises]
    asked = sorted({*all_bindings(written.lesson), *about})
    return repr(written.lesson.work), fingerprint(written), asked


def with_seed(written: Written, seed: int) -> Written:
    """The lesson with another seed in each of its works."""
    works = tuple(
        msgspec.structs.replace(work, changes={**work.changes, "training.seed": seed}) for work in written.lesson.work
    )
    return msgspec.structs.replace(written, lesson=msgspec.structs.replace(written.lesson, work=works))


def shown(written: Written, seed: int, root: Path) -> Shown:
    """Runs every work of the lesson, each as a presenter would, in a folder below `root`."""
    show = shows.begin(with_seed(written, seed), 1, root)
    began = time.monotonic()
    for work in show.lesson.work:
        _run(show, work.key)
    seconds = time.monotonic() - began
    at = [show.standing(work.key) for work in show.lesson.work]
    results = results_of(show)
    figures = {path: results.figure(path).value for path in all_bindings(show.lesson)}
    figures |= {named(kept.promise): kept.per_seed[0] for kept in checked(results) if kept.per_seed}
    known = {path: value for path, value in figures.items() if value is not None}
    return Shown(round(seconds, 1), known, tuple(one.reason for one in at if one.state != "done"))


def _run(show: Show, key: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while (begun := show.start(key)) is not None:
        while begun[1].alive:
            assert time.monotonic() < deadline, f"{show.lesson.name}: {key} does not end"
            time.sleep(_LOOK_S)
        if show.standing(key).state == "failed":
            return
