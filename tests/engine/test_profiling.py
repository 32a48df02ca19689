"""A profile of a few steps: it changes no loss, its parts add up, and its trace can be read by others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.build import batches_for
from gpulab.engine.desk import Desk
from gpulab.engine.loop import training_steps
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.memory_map import StepMemory
from gpulab.engine.probes.phases import unmarked
from gpulab.engine.probes.profiling import Profiler
from gpulab.engine.worker import work
from gpulab.events.control import begin, give
from gpulab.events.documents import AnyDocument, ArtifactSaved, Notice
from gpulab.events.log import read_all
from gpulab.events.profile import PARTS, PHASES, Profile, load_profile, trace_of
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import save
from tests.engine.support import built, ended, losses, run, tiny

STEPS = 3


def _unwanted(notice: Notice) -> None:
    raise AssertionError(notice)


def profiled(experiment: Experiment, path: Path, warm_up: int = 2) -> tuple[Profile, list[float]]:
    """A profile of a few steps after a few others, and all losses."""
    state, pipeline, text = built(experiment)
    steps = training_steps(state, pipeline, batches_for(state, text))
    found = [float(next(steps)[0]) for _ in range(warm_up)]
    profiler = Profiler(state, pipeline, STEPS, Guard(_unwanted))
    profiler.begin()
    while not profiler.done:
        with profiler.step():
            found.append(float(next(steps)[0]))
    profiler.put_away()
    profile = profiler.write(path, look_s=0.5, usual_s=0.25)
    assert profile is not None
    assert state.phase is unmarked
    found += [float(loss) for loss, _ in steps]
    return profile, found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


@pytest.fixture(scope="module")
def made(folder: Path) -> tuple[Profile, list[float]]:
    return profiled(tiny(folder), folder / "step-000002.json")


def test_losses_are_the_same_bit_for_bit(folder: Path, made: tuple[Profile, list[float]]) -> None:
    state, pipeline, text = built(tiny(folder))
    alone = [float(loss) for loss, _ in training_steps(state, pipeline, batches_for(state, text))]
    assert made[1] == alone


def test_phases_add_up_to_a_step(made: tuple[Profile, list[float]]) -> None:
    profile = made[0]
    assert set(profile.phases) == set(PHASES)
    assert sum(profile.phases.values()) == pytest.approx(profile.step_seconds)
    assert profile.phases["evaluation"] == 0.5
    assert all(profile.phases[name] > 0 for name in ("data", "forward", "backward", "optimizer"))
    assert profile.phases["communication"] == 0
    assert profile.usual_seconds == 0.25


def test_operators_are_the_longest_first_with_calls_of_one_step(made: tuple[Profile, list[float]]) -> None:
    operators = made[0].operators
    seconds = [operator.seconds for operator in operators]
    assert seconds == sorted(seconds, reverse=True)
    assert 0.6 < sum(operator.share for operator in operators) < 1.000001  # the shortest are left out
    by_name = {operator.name: operator for operator in operators}
    # Two blocks of four matrices and a head: once forward, twice backward.
    assert by_name["aten::mm"].calls == 3 * (2 * 4 + 1)
    assert by_name["aten::native_layer_norm"].calls == 2 * 2 + 1
    assert by_name["aten::_fused_adamw_"].calls >= 1


def test_parts_of_memory_are_exact(folder: Path, made: tuple[Profile, list[float]]) -> None:
    profile, state = made[0], built(tiny(folder))[0]
    weights = sum(parameter.nbytes for parameter in state.model.parameters())
    counts = 4 * len(list(state.model.parameters()))  # of steps, one for each tensor
    by_phase = {moment.moment: moment for moment in profile.memory}
    assert all(moment.total == sum(getattr(moment, part) for part in PARTS) for moment in profile.course)
    forward, peak = by_phase["forward"], profile.at_peak
    assert peak is not None
    assert peak.moment == profile.peak == "backward"
    assert forward.parameters == weights == profile.predicted["parameters"]
    assert forward.gradients == 0
    assert weights * 2 <= forward.optimizer <= weights * 2 + counts
    assert by_phase["optimizer"].gradients == weights == profile.predicted["gradients"]
    assert profile.course[-1].gradients in (0, weights)  # given back, or kept in one buffer
    assert forward.activations == pytest.approx(profile.predicted["activations"], rel=0.15)


def test_the_trace_is_one_that_others_can_read(folder: Path, made: tuple[Profile, list[float]]) -> None:
    path = folder / "step-000002.json"
    assert load_profile(path) == made[0]
    with gzip.open(trace_of(path), "rt", encoding="utf-8") as file:
        trace: dict[str, Any] = json.load(file)
    events = trace["traceEvents"]
    assert {event["ph"] for event in events} >= {"X", "C", "M"}
    for event in events:
        if event["ph"] == "X":
            assert event["dur"] >= 0
            assert isinstance(event["ts"], int | float)
            assert {"name", "pid", "tid"} <= event.keys()
    names = [event["name"] for event in events]
    assert names.count("gpulab:step") == names.count("gpulab:backward") == STEPS
    assert not {"host_name", "traceName"} & trace.keys()


def test_micro_batches_share_one_set_of_gradients(folder: Path) -> None:
    profile, _ = profiled(tiny(folder, accumulation=3), folder / "accumulated.json")
    weights = profile.predicted["parameters"]
    assert next(moment for moment in profile.memory if moment.moment == "optimizer").gradients == weights
    assert profile.memory[1].optimizer >= 2 * weights


def test_the_first_step_makes_the_state_of_the_optimizer(folder: Path) -> None:
    state, pipeline, text = built(tiny(folder))
    steps = training_steps(state, pipeline, batches_for(state, text))
    profiler = Profiler(state, pipeline, 1, Guard(_unwanted))
    profiler.begin()
    with profiler.step():
        next(steps)
    profiler.put_away()
    profile = profiler.write(folder / "first.json")
    assert profile is not None
    assert profile.course[0].optimizer == 0
    assert profile.course[-1].optimizer >= profile.predicted["optimizer"]


def test_a_profiler_that_broke_leaves_the_loop_alone(folder: Path) -> None:
    state, pipeline, text = built(tiny(folder))
    steps = training_steps(state, pipeline, batches_for(state, text))
    profiler = Profiler(state, pipeline, 5, Guard(_unwanted))
    profiler.begin()
    with pytest.raises(RuntimeError, match="in the step"), profiler.step():
        raise RuntimeError("in the step")
    profiler.put_away()
    assert state.phase is unmarked
    assert torch.isfinite(next(steps)[0])


def test_a_running_training_profiles_its_next_steps(tmp_path: Path) -> None:
    documents = ordered(tmp_path / "run", steps=2)
    saved = next(
        document for document in documents if isinstance(document, ArtifactSaved) and document.kind == "profile"
    )
    profile = load_profile(tmp_path / "run" / saved.path)
    assert (saved.step, saved.path) == (3, "profiles/step-000003.json")
    assert (profile.at_step, profile.steps) == (3, 2)
    assert profile.phases["evaluation"] > 0
    notice = next(document for document in documents if isinstance(document, Notice) and document.key == "profiled")
    assert (notice.step, notice.arguments["first"], notice.arguments["last"]) == (4, 4, 5)
    assert losses(documents) == losses(run(tmp_path / "alone", tiny(tmp_path)))


def test_more_steps_than_there_are_end_with_the_training(tmp_path: Path) -> None:
    documents = ordered(tmp_path / "run", steps=50)
    assert load_profile(tmp_path / "run/profiles/step-000003.json").steps == 12 - 3
    assert ended(documents).status == "done"
    assert ended(documents).summary["tokens_per_s"] is None  # no step but the slow ones and those of the warm-up


@pytest.mark.parametrize(
    ("part", "method"), [(Profiler, "_start"), (StepMemory, "phase_left"), (Profiler, "_trace_document")]
)
def test_a_profiler_that_fails_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: type, method: str
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no counters here")

    monkeypatch.setattr(part, method, broken)
    documents = ordered(tmp_path / "run", steps=2)
    told = [document for document in documents if isinstance(document, Notice) and document.key == "probe_failed"]
    assert [notice.arguments for notice in told] == [{"probe": "profile", "error": "RuntimeError: no counters here"}]
    assert not any(isinstance(document, ArtifactSaved) and document.kind == "profile" for document in documents)
    assert ended(documents).status == "done"
    assert max(losses(documents)) == 12


def test_a_full_disk_keeps_no_half_of_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.parent.name != "profiles":
            return write(path, content)
        write(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    documents = ordered(tmp_path / "run", steps=2)
    told = [document for document in documents if isinstance(document, Notice) and document.key == "probe_failed"]
    assert [notice.arguments["error"] for notice in told] == ["OSError: [Errno 28] No space left on device"]
    assert ended(documents).status == "done"
    assert list((tmp_path / "run/profiles").iterdir()) == []


def ordered(run_dir: Path, steps: int) -> list[AnyDocument]:
    """A run that is told to profile itself before it begins."""
    run_dir.mkdir()
    save(tiny(run_dir.parent), run_dir / "experiment.toml")
    begin(run_dir)
    give(run_dir, "profile", steps)
    work(run_dir, Desk(run_dir))
    return read_all(run_dir)
