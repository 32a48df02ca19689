"""The learning-rate finder sweeps with the real loop, ends where the loss blows up, and suggests what it saw."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpulab.engine.build import batches_for
from gpulab.engine.jobs import find_lr
from gpulab.engine.loop import training_steps
from gpulab.events.documents import JobStarted, Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import FindRate
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import built, ended, tiny

SETTINGS = FindRate()


def curve(losses: list[float]) -> list[Trial]:
    """Trials whose smoothed losses are `losses`, at the rates of the default sweep."""
    rates = [find_lr.rate_at(SETTINGS, step) for step in range(len(losses))]
    pairs = enumerate(zip(rates, losses, strict=True), 1)
    return [trial(n, learning_rate=rate, loss=loss, smoothed_loss=loss) for n, (rate, loss) in pairs]


def suggested(losses: list[float]) -> list[Suggestion]:
    return find_lr.suggest(curve(losses), Experiment(), SETTINGS)


def test_a_real_sweep_rises_learns_and_suggests(tmp_path: Path) -> None:
    documents = done(tmp_path, "find_lr", tiny(tmp_path), highest=10.0)
    started = documents[0]
    assert isinstance(started, JobStarted)
    assert (started.kind, started.trials) == ("find_lr", 76)
    rates = [one.values["learning_rate"] or 0.0 for one in trials(documents)]
    assert rates[0] == 1e-5
    assert np.allclose(np.diff(np.log(rates)), math.log(1e6) / 75)
    losses = [one.values["smoothed_loss"] or 0.0 for one in trials(documents)]
    assert min(losses) < 0.95 * losses[0]
    assert len(losses) < 76, "it went on although the loss had blown up"
    first = suggestions(documents)[0]
    assert first.key == "lr_steepest"
    assert 1e-4 < float(str(first.changes["training.learning_rate"])) < 1.0
    assert ended(documents).status == "done"


def test_the_same_seed_sweeps_alike_and_leaves_no_model(tmp_path: Path) -> None:
    one, other = (trials(done(tmp_path, "find_lr", tiny(tmp_path), steps=20)) for _ in range(2))
    assert [each.values for each in one] == [each.values for each in other]
    assert not list((tmp_path / "jobs").rglob("*.safetensors"))


def test_the_first_loss_is_the_training_s_own(tmp_path: Path) -> None:
    state, pipeline, text = built(tiny(tmp_path))
    loss, _ = next(training_steps(state, pipeline, batches_for(state, text)))
    assert trials(done(tmp_path, "find_lr", tiny(tmp_path), steps=20))[0].values["loss"] == loss.item()


def test_techniques_train_along_but_for_the_schedule(tmp_path: Path) -> None:
    def values(techniques: dict[str, dict[str, Any]]) -> list[dict[str, float | None]]:
        return [one.values for one in trials(done(tmp_path, "find_lr", tiny(tmp_path, techniques), steps=20))]

    plain = values({})
    assert values({"schedule": {"shape": "linear", "warmup_steps": 5}}) == plain
    assert values({"normalization": {"kind": "rmsnorm"}})[5]["loss"] != plain[5]["loss"]


def test_a_fall_and_a_blow_up_suggest_the_steepest_and_the_tenth() -> None:
    falling = [4.0 - 2.0 / (1 + math.exp(-(step - 30) / 4)) for step in range(50)]
    rising = [2.0 + 0.3 * step for step in range(1, 8)]
    steepest, tenth = suggested(falling + rising)
    assert (steepest.key, tenth.key) == ("lr_steepest", "lr_tenth")
    assert steepest.changes["training.learning_rate"] == pytest.approx(find_lr.rate_at(SETTINGS, 30), rel=0.1)
    blown_up = find_lr.rate_at(SETTINGS, 51)  # the first beyond 2.0 + a quarter of the gain
    assert tenth.changes["training.learning_rate"] == pytest.approx(blown_up / 10, rel=0.05)


def test_a_late_blow_up_is_said_and_not_suggested() -> None:
    falling = [4.0 - 2.0 / (1 + math.exp(-(step - 15) / 2)) for step in range(60)]
    found = suggested([*falling, 2.3, 2.6, 3.0])
    assert [one.key for one in found] == ["lr_steepest", "lr_blew_up_late"]
    assert not found[1].changes


def test_no_blow_up_and_no_descent_are_said() -> None:
    falling = [4.0 - 0.02 * step for step in range(76)]
    assert [one.key for one in suggested(falling)] == ["lr_steepest", "lr_never_blew_up"]
    assert [one.key for one in suggested([4.0] * 76)] == ["lr_no_descent"]
    assert [one.key for one in suggested([4.0, 3.0])] == ["lr_too_little"]


def test_a_loss_that_is_no_number_is_the_blow_up() -> None:
    made = curve([4.0 - 0.05 * step for step in range(40)])
    broken = trial(41, learning_rate=find_lr.rate_at(SETTINGS, 40), loss=None, smoothed_loss=None)
    _, tenth = find_lr.suggest([*made, broken], Experiment(), SETTINGS)
    assert tenth.arguments["blow_up"] == pytest.approx(find_lr.rate_at(SETTINGS, 40), rel=0.05)


def test_several_processes_are_refused_in_words(tmp_path: Path) -> None:
    end = ended(done(tmp_path, "find_lr", tiny(tmp_path, {"data_parallel": {"workers": 2}}, batch_size=4)))
    assert (end.status, end.reason) == ("failed", "job_works_alone")
    assert end.arguments["field"] == "techniques.data_parallel"
