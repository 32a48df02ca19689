"""A profiled step brought back to the length it has without the profiler."""

from __future__ import annotations

import pytest

from gpulab.analysis.usual_step import usual_step

PHASES = {"forward": 0.2, "backward": 0.4, "evaluation": 0.1, "idle": 0.2}


def test_a_processors_phases_shrink_alike_and_looks_stay() -> None:
    found = usual_step(PHASES, 0.4, on_device=False)
    assert found.factor == pytest.approx(0.5)
    assert found.phases == pytest.approx({"forward": 0.1, "backward": 0.2, "evaluation": 0.1, "idle": 0.1})
    assert list(found.phases) == list(PHASES)


def test_a_gpus_idle_time_gives_first() -> None:
    found = usual_step(PHASES, 0.7, on_device=True)
    assert found.factor == pytest.approx(1.0)
    assert found.phases == pytest.approx({**PHASES, "idle": 0.1})
    less = usual_step(PHASES, 0.3, on_device=True)
    assert less.factor == pytest.approx(0.5)
    assert less.phases == pytest.approx({"forward": 0.1, "backward": 0.2, "evaluation": 0.1, "idle": 0.0})


@pytest.mark.parametrize("on_device", [False, True])
@pytest.mark.parametrize("usual_s", [1e-6, 0.3, 0.8, 5.0])
def test_the_whole_is_the_usual_step_and_the_looks(usual_s: float, on_device: bool) -> None:
    found = usual_step(PHASES, usual_s, on_device)
    assert sum(found.phases.values()) == pytest.approx(usual_s + 0.1)
    assert min(found.phases.values()) >= 0.0


@pytest.mark.parametrize("usual_s", [None, 0.0])
def test_unknown_changes_nothing(usual_s: float | None) -> None:
    assert usual_step(PHASES, usual_s, on_device=False) == (PHASES, 1.0)
    assert usual_step({}, usual_s or 1.0, on_device=True) == ({}, 1.0)
