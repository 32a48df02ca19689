"""The search for the largest batch really trains on each, keeps within its memory, and tells what stopped it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gpulab.engine.jobs import attempts, find_batch
from gpulab.engine.jobs.attempts import Attempts, Outcome
from gpulab.engine.jobs.find_batch import next_batch
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import FindBatch
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, tiny


def tried(fits: dict[int, float], fails: dict[int, str] | None = None) -> list[Trial]:
    """Batches that fit, with their throughput, and batches that did not, with the outcome."""
    made = [trial(1, {"outcome": "fits"}, batch_size=b, tokens_per_s=s, peak_bytes=1e6 * b) for b, s in fits.items()]
    return made + [trial(1, {"outcome": outcome}, batch_size=b) for b, outcome in (fails or {}).items()]


def suggested(made: list[Trial], largest: int = 1024) -> list[Suggestion]:
    return find_batch.suggest(made, Experiment(), FindBatch(largest=largest))


def test_real_batches_are_trained_and_measured(tmp_path: Path) -> None:
    documents = done(tmp_path, "find_batch", tiny(tmp_path), largest=6)
    made = trials(documents)
    assert [one.values["batch_size"] for one in made] == [1, 2, 4, 6]
    assert {one.names["outcome"] for one in made} == {"fits"}
    for one in made:
        speed, step_s = one.values["tokens_per_s"] or 0.0, one.values["step_s"] or 0.0
        assert speed * step_s == pytest.approx(16 * (one.values["batch_size"] or 0))
        assert (one.values["peak_bytes"] or 0) > 50e6  # the process as a whole
    assert {one.changes["training.batch_size"] for one in suggestions(documents)} >= {6}
    assert ended(documents).status == "done"


@pytest.mark.slow
def test_memory_that_ends_is_found_and_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that holds the process and small batches of a wide model, but not large ones."""
    shape = {"n_layer": 1, "n_head": 1, "n_embd": 128, "context_length": 256}
    experiment = _shaped(tiny(tmp_path), shape)
    monkeypatch.setattr(attempts, "free_memory_bytes", lambda: 875_000_000)
    documents = done(tmp_path, "find_batch", experiment, largest=4096)
    outcomes = {one.names["outcome"] for one in trials(documents)}
    assert "fits" in outcomes
    assert outcomes <= {"fits", "too_big", "too_big_by_estimate"}
    assert "too_big" in outcomes
    fitting = [one for one in trials(documents) if one.names["outcome"] == "fits"]
    assert max(one.values["peak_bytes"] or 0 for one in fitting) < 700e6
    assert suggestions(documents)[-1].key in ("batch_largest", "batch_brisk_and_largest")


def _shaped(experiment: Experiment, shape: dict[str, int]) -> Experiment:
    return msgspec.structs.replace(experiment, model=msgspec.structs.replace(experiment.model, **shape))


def test_slow_steps_end_it(tmp_path: Path) -> None:
    documents = done(tmp_path, "find_batch", tiny(tmp_path), patience_s=0.01, largest=4096)
    assert trials(documents)[-1].names["outcome"] == "too_slow"
    assert len(trials(documents)) < 12


def test_a_training_that_breaks_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempts, "_answer", lambda *_: Outcome("broke", error="ValueError: broken"))
    end = ended(done(tmp_path, "find_batch", tiny(tmp_path), largest=2))
    assert (end.status, end.reason) == ("failed", "crashed")
    assert "broken" in str(end.arguments["error"])


def order(most: int, largest: int = 1024) -> tuple[list[int], int]:
    """The batches tried where all up to `most` fit, and the largest that was found."""
    made: list[Trial] = []
    while (batch := next_batch(made, largest)) is not None:
        made += tried({batch: 1.0}) if batch <= most else tried({}, {batch: "too_big"})
    fitting = [one.values["batch_size"] or 0 for one in made if one.names["outcome"] == "fits"]
    return [int(one.values["batch_size"] or 0) for one in made], int(max(fitting, default=0))


def test_doubling_then_halving_the_gap() -> None:
    assert order(23) == ([1, 2, 4, 8, 16, 32, 24, 20, 22], 22)
    assert order(0)[0] == [1]
    assert order(5000, largest=48) == ([1, 2, 4, 8, 16, 32, 48], 48)
    for most in range(1, 200):
        found = order(most)[1]
        assert found <= most <= found * 1.13 + 1


def _keys(found: list[Suggestion]) -> list[tuple[str, Any]]:
    return [(one.key, one.changes.get("training.batch_size")) for one in found]


def test_suggestions_say_what_stopped_it() -> None:
    speeds = {1: 100.0, 2: 190.0, 4: 300.0, 8: 296.0, 16: 299.0}
    assert _keys(suggested(tried(speeds, {32: "too_big"}))) == [("batch_brisk", 4), ("batch_largest", 16)]
    assert _keys(suggested(tried(speeds, {32: "too_slow"})))[1] == ("batch_too_slow_beyond", 16)
    assert _keys(suggested(tried(speeds), largest=16))[1] == ("batch_largest_tried", 16)
    assert _keys(suggested(tried(speeds)))[1] == ("batch_largest_so_far", 16)
    assert _keys(suggested(tried({1: 1.0, 2: 2.0}, {4: "too_big"}))) == [("batch_brisk_and_largest", 2)]
    assert _keys(suggested(tried({}, {1: "too_big"}))) == [("batch_none_fits", None)]
    assert suggested([]) == []
