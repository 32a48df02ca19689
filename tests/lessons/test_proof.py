"""Every lesson that comes with GPU Lab keeps its promises with three seeds, live, in three minutes.

What each showing came to is kept as soon as it ended, so that a proof that broke off goes on where it was, and bounds
that were changed are proven again without training. It takes about an hour on two cores. CI shows two quick lessons.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from gpulab.lessons import shelf
from gpulab.lessons.promises import keeps
from gpulab.lessons.show import can_show
from gpulab.spec.lesson_file import Written, load
from gpulab.techniques.cards import CARD_GROUPS
from tests.kept import PLACE, Kept, file_of
from tests.lessons.shown import LONGEST_S, Shown, facts_of, named, shown

SEEDS = (1337, 2027, 4099)
QUICKEST = ("one-step", "pruning")
MISCONCEPTIONS = {"magic_bullet", "more_gpus", "safe_as_is", "speed_over_security"}


def kept_of(written: Written, folder: Path = PLACE) -> Kept[Shown]:
    """Where showings of a lesson wait for the rest of them."""
    return Kept(file_of(folder, f"lesson-{written.lesson.name}", facts_of(written)), Shown)


def of_seed(written: Written, seed: int, root: Path) -> Shown:
    """The showing with `seed` that was kept, or a new one. One at a time: they would take each other's cores."""
    kept = kept_of(written)
    PLACE.mkdir(parents=True, exist_ok=True)
    with FileLock(PLACE / "lessons.lock"):
        if (known := dict(kept.lines()).get(seed)) is None:
            known = shown(written, seed, root)
            kept.add(seed, known)
    return known


def broken(written: Written, seed: int, found: Shown) -> list[str]:
    """What the lesson promised and did not keep, in words for whoever mends it."""
    told = [f"seed {seed}: a work failed: {reason}" for reason in found.reasons]
    for promise in written.lesson.promises:
        value = found.figures.get(named(promise))
        if value is None or not keeps(promise, value):
            told.append(f"seed {seed}: {named(promise)} is {value}")
    return told


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("path", shelf.bundled(), ids=lambda path: path.name.partition(".")[0])
def test_a_lesson_keeps_its_promises_with_three_seeds(path: Path, tmp_path: Path) -> None:
    written = load(path)
    if not can_show(written.lesson.needs):
        pytest.skip(f"this machine has not what the lesson needs: {written.lesson.needs}")
    every = {seed: of_seed(written, seed, tmp_path) for seed in SEEDS}
    assert [line for seed, found in every.items() for line in broken(written, seed, found)] == []
    assert max(found.seconds for found in every.values()) <= LONGEST_S, every


@pytest.mark.parametrize("name", QUICKEST)
def test_two_lessons_keep_their_promises_now(name: str, tmp_path: Path) -> None:
    written = load(shelf.named(name))
    found = shown(written, SEEDS[0], tmp_path)
    assert broken(written, SEEDS[0], found) == []


def test_every_technique_and_every_misconception_of_the_article_has_a_lesson() -> None:
    lessons = [written.lesson for written in shelf.all_bundled()]
    assert len(lessons) == len(shelf.bundled()) >= 18
    assert {lesson.card for lesson in lessons} >= {group.key for group in CARD_GROUPS if group.key.startswith("A")}
    assert {lesson.misconception for lesson in lessons} >= MISCONCEPTIONS
    told = {promise.danger for lesson in lessons if lesson.card in ("A1", "A11") for promise in lesson.promises}
    assert "overfitting" in told
