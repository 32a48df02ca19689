"""The job that profiles an experiment before it is trained: as it is set, then with nothing fused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpulab.engine.jobs.profile import suggest, unfused
from gpulab.events.documents import ArtifactSaved
from gpulab.events.profile import AS_SET, PLAIN, load_profile
from gpulab.spec.jobs import ProfileSteps
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, tiny


def test_fusing_saves_operators(tmp_path: Path) -> None:
    documents = done(tmp_path, "profile", tiny(tmp_path), steps=2)
    assert ended(documents).status == "done"
    saved = [one for one in documents if isinstance(one, ArtifactSaved)]
    assert [one.path for one in saved] == [f"profiles/{name}.json" for name in (AS_SET, PLAIN)]
    folder = next((tmp_path / "jobs").glob("*/profiles")).parent
    as_set, plain = (load_profile(folder / one.path) for one in saved)
    assert (as_set.steps, as_set.counted) == (2, "operators")
    assert as_set.kernels_per_step < 0.6 * plain.kernels_per_step
    assert as_set.phases["evaluation"] > 0
    assert as_set.usual_seconds
    assert not any("flash_attention" in operator.name for operator in plain.operators)
    told = {one.key: one.arguments for one in suggestions(documents)}
    assert told["profile_fused_operators"]["after"] == as_set.kernels_per_step
    assert all("{" not in sentence(key, arguments) for key, arguments in told.items())


def test_without_the_unfused_one_there_is_one(tmp_path: Path) -> None:
    documents = done(tmp_path, "profile", tiny(tmp_path), steps=1, unfused=False)
    assert [one.names["variant"] for one in trials(documents)] == [AS_SET]
    assert [one.key for one in suggestions(documents)] == ["profile_most_time", "profile_fullest"]


@pytest.mark.parametrize(
    ("techniques", "training", "left"),
    [
        ({"compilation": {}}, {}, {"attention", "optimizer_kernel"}),
        ({"attention": {"kernel": "fused"}, "dropout": {}}, {}, {"attention", "dropout", "optimizer_kernel"}),
        ({}, {"optimizer": "lion"}, {"attention"}),
    ],
)
def test_as_little_is_fused_as_the_rest_allows(
    tmp_path: Path, techniques: dict[str, Any], training: dict[str, Any], left: set[str]
) -> None:
    experiment = tiny(tmp_path, techniques, **training)
    plain = unfused(experiment)
    assert set(plain.techniques) == left
    assert plain.training == experiment.training


def test_nothing_measured_suggests_nothing() -> None:
    settings = ProfileSteps()
    plain = trial(1, {"variant": PLAIN, "counted": "operators", "peak": "forward"}, kernels=3.0)
    assert suggest([], None, settings) == []  # type: ignore[arg-type]
    assert suggest([plain], None, settings) == []  # type: ignore[arg-type]
