"""The search spends its budget of short runs, judges on held-out text, and does not call chance a lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.engine.jobs import search
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Search
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, tiny


def run(rate: float, batch: int, loss: float | None, seed: int = 0) -> Trial:
    return trial(1, {"stage": "search"}, learning_rate=rate, batch_size=batch, val_loss=loss, seed=seed)


def suggested(*made: Trial) -> Suggestion:
    (found,) = search.suggest(made, Experiment(), Search())
    return found


def test_a_real_search_spends_its_budget_and_suggests(tmp_path: Path) -> None:
    experiment = tiny(tmp_path)
    documents = done(tmp_path, "search", experiment, trials=9, steps=8, smallest_batch=2, largest_batch=8)
    made = trials(documents)
    assert [one.names["stage"] for one in made] == ["own"] + ["search"] * 4 + ["repeat"] * 4
    assert (made[0].values["learning_rate"], made[0].values["batch_size"]) == (0.001, 4)
    for one in made:
        assert 1e-4 <= (one.values["learning_rate"] or 0) <= 1e-1
        assert one.values["batch_size"] in (2, 4, 8)
        assert (one.values["batch_size"] or 0) * (one.values["steps"] or 0) == 32  # all read equally much
        assert (one.values["val_loss"] or 0) > 0
    assert len({one.values["seed"] for one in made[-4:]}) == 2
    (found,) = suggestions(documents)
    assert found.key in ("search_clear", "search_too_close")
    assert set(found.changes) == {"training.learning_rate", "training.batch_size"}
    assert ended(documents).status == "done"


def test_the_same_seed_searches_alike(tmp_path: Path) -> None:
    one, other = (trials(done(tmp_path, "search", tiny(tmp_path), trials=4, steps=4)) for _ in range(2))
    assert [_found(each) for each in one] == [_found(each) for each in other]


def _found(one: Trial) -> dict[str, float | None]:
    return {key: value for key, value in one.values.items() if key != "run_s"}


def test_a_schedule_that_does_not_fit_into_short_runs_is_refused(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"schedule": {"warmup_steps": 6}})
    end = ended(done(tmp_path, "search", experiment, trials=2, steps=4))
    assert (end.status, end.reason) == ("failed", "warmup_too_long")
    assert end.arguments["field"] == "techniques.schedule.warmup_steps"


def test_a_lead_beyond_chance_is_clear() -> None:
    made = [run(1e-3, 8, 2.0 + seed / 100, seed) for seed in range(3)]
    made += [run(1e-2, 8, 2.5 + seed / 100, seed) for seed in range(3)]
    found = suggested(*made, run(0.1, 8, 4.0))
    assert found.key == "search_clear"
    assert found.arguments["lead"] == pytest.approx(0.5)
    assert 0 < float(str(found.arguments["noise"])) < 0.5
    assert found.changes == {"training.learning_rate": 1e-3, "training.batch_size": 8}


def test_a_lead_within_chance_is_too_close_to_tell() -> None:
    made = [run(1e-3, 8, 2.0 + seed / 10, seed) for seed in range(3)]
    made += [run(1e-2, 8, 2.05 + seed / 10, seed) for seed in range(3)]
    assert suggested(*made).key == "search_too_close"


def test_without_repeats_chance_is_unknown() -> None:
    assert suggested(run(1e-3, 8, 2.0), run(1e-2, 8, 3.0)).key == "search_noise_unknown"
    assert suggested(run(1e-3, 8, 2.0), run(1.1e-3, 8, 2.1)).key == "search_only_one"  # one setting by name
    assert suggested(run(1e-3, 8, 2.0), run(1e-2, 8, None)).key == "search_only_one"
    assert suggested(run(1e-3, 8, None)).key == "search_none_learned"
    assert search.suggest([], Experiment(), Search()) == []


def test_a_lucky_single_run_does_not_beat_repeated_ones() -> None:
    made = [run(1e-3, 8, loss, seed) for seed, loss in enumerate((2.0, 2.4, 2.4))]
    assert suggested(*made, run(1e-2, 8, 2.1)).changes["training.learning_rate"] == 1e-3
