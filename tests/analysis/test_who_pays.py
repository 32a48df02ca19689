"""Who pays: the slices that lost more than the text as a whole, and nobody blamed by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from gpulab.analysis.observations import Observation
from gpulab.analysis.who_pays import named, saying, slices
from tests.analysis.judgements import spoken

SIZES = {
    "words/common": 60_000,
    "words/rare": 9_000,
    "document/Emma": 30_000,
    "document/(others)": 500,
    "position/1": 20_000,
}


def runs(lost: Mapping[str, float], whole: float, seeds: int = 3, noise: float = 0.001) -> list[Observation]:
    """Both sides over seeds; the arm lost `lost` in each slice (none where it is not named) and `whole` overall."""
    chance = random.Random(7)
    found = []
    for seed in range(seeds):
        seeds_own = 1.0 + chance.gauss(0, 0.01)
        for arm in "ab":
            by = lost if arm == "b" else {}
            parts = {
                name: (2.0 * seeds_own * (1.0 + by.get(name, 0.0)) * (1.0 + chance.gauss(0, noise)), size)
                for name, size in SIZES.items()
            }
            figures = {"test_bits_per_byte": 1.9 * seeds_own * (1.0 + (whole if arm == "b" else 0.0))}
            found.append(Observation(arm, seed, "done", "", figures, slices=parts))
    return found


def test_who_pays_most_comes_first_and_is_named() -> None:
    found = slices(runs({"words/rare": 0.1, "words/common": 0.01, "document/(others)": 0.5}, 0.02), "a", "b")
    assert found[0].name == "words/rare"
    assert found[-1].name == "document/(others)", "what is tiny stands behind, however bad it looks"
    assert found[-1].tiny
    assert not found[-1].pays
    assert [one.name for one in found if one.pays] == ["words/rare"]
    assert 0.08 < found[0].change.low < 0.1 < found[0].change.high < 0.12
    told = saying(found, 0.02)
    assert told is not None
    assert spoken(told).startswith("Rare words pay most: +10 % bits per byte (")
    assert spoken(told).endswith("and +2.0 % over the whole text.")


def test_nobody_is_blamed_where_all_pay_alike() -> None:
    found = slices(runs(dict.fromkeys(SIZES, 0.02), 0.02), "a", "b")
    told = saying(found, 0.02)
    assert told is not None
    assert spoken(told) == "Of 4 parts of the text none surely pays more than the others."


def test_nobody_is_blamed_by_chance() -> None:
    blamed = 0
    for trial in range(200):
        chance = random.Random(trial)
        equal = []
        for seed in range(4):
            for arm in "ab":
                parts = {f"document/{n}": (2.0 * (1.0 + chance.gauss(0, 0.01)), 5000) for n in range(20)}
                equal.append(Observation(arm, seed, "done", "", {"test_bits_per_byte": 2.0}, slices=parts))
        blamed += any(one.pays for one in slices(equal, "a", "b"))
    assert blamed <= 0.05 * 200 + 6


def test_a_speaker_who_pays_is_named_and_what_is_tiny_costs_no_certainty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "speaker/IAGO", 5_000)
    lost = {"speaker/IAGO": 0.2}
    found = slices(runs(lost, 0.01), "a", "b")
    told = saying(found, 0.01)
    assert told is not None
    assert spoken(told).startswith("What IAGO says pays most: +20 % bits per byte (")
    for number in range(50):
        monkeypatch.setitem(SIZES, f"speaker/{number}", 100)
    made = runs(lost, 0.01)
    found = slices(made, "a", "b")
    assert sum(one.tiny for one in found) == 51
    monkeypatch.setattr("gpulab.analysis.who_pays.TINY_BYTES", 10)
    wider = slices(made, "a", "b")[0].change
    assert wider.high - wider.low > 2 * (found[0].change.high - found[0].change.low)


def test_one_pair_tells_nothing_sure() -> None:
    found = slices(runs({"words/rare": 0.1}, 0.02, seeds=1), "a", "b")
    assert not any(one.pays for one in found)
    told = saying(found, 0.02)
    assert told is not None
    assert told.key == "pays_unknown"


def test_slices_that_not_all_runs_have_are_left_out() -> None:
    seen = runs({"words/rare": 0.1}, 0.02)
    less = Observation("b", 2, "done", "", seen[-1].figures, slices={"words/rare": seen[-1].slices["words/rare"]})
    assert [one.name for one in slices([*seen[:-1], less], "a", "b")] == ["words/rare"]
    assert slices([], "a", "b") == ()
    assert saying((), 0.02) is None


def test_every_slice_has_its_words() -> None:
    parts = ["words/rare", "words/common", "words/between", "characters/rare", "characters/common", "position/3"]
    parts += ["names/name", "names/other", "speaker/HAMLET", "speaker/(others)", "speaker/(nobody)"]
    names = [spoken(named(name)) for name in (*parts, "document/Emma", "document/(others)", "new/kind")]
    assert names[-6:] == [
        "What HAMLET says",
        "Other speakers",
        "Headings and stage directions",
        "Emma",
        "Shorter documents",
        "kind",
    ]
    assert len(set(names)) == len(names)
