"""Where a step's time and memory went, as the page shows it: phases, operators, parts, and what that means."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from gpulab.events.profile import PHASES, MemoryMoment, Operator, Profile, encode
from gpulab.spec.problem import BadInput
from gpulab.viewmodels.hardware.memory import bars, course, meaning, over_run, part_rows
from gpulab.viewmodels.hardware.profiles import Known, read, sources
from gpulab.viewmodels.hardware.step_time import kind_of, short_name, step_time
from gpulab.viewmodels.series import RunSeries
from gpulab.words import sentence, sentences


def moment(
    name: str, seconds: float, activations: int, workspace: int = 0, reserved: int | None = None
) -> MemoryMoment:
    total = 300 + activations + workspace
    return MemoryMoment(name, seconds, 100, 0, 200, activations, workspace, total, reserved)


COURSE = (
    moment("forward", 0.0, 0),
    moment("forward", 0.01, 600),
    moment("backward", 0.02, 500, 400),
    moment("optimizer", 0.03, 0),
)
PROFILE = Profile(
    at_step=20,
    steps=5,
    device="cpu",
    step_seconds=0.05,
    phases={"forward": 0.01, "backward": 0.02, "optimizer": 0.005, "evaluation": 0.01, "idle": 0.005},
    operators=(Operator("aten::mm", 0.02, 27.0, 0.5), Operator("aten::gelu", 0.005, 2.0, 0.125)),
    kernels_per_step=100.0,
    counted="operators",
    memory=(COURSE[1], COURSE[2], COURSE[3]),
    peak="backward",
    predicted={"parameters": 100, "gradients": 100, "optimizer": 200, "activations": 600},
    course=COURSE,
    usual_seconds=0.04,
)
PLAIN = msgspec.structs.replace(PROFILE, kernels_per_step=257.0, step_seconds=0.08, usual_seconds=0.07)


def test_phases_add_up_and_stand_in_their_order() -> None:
    (bar,) = step_time(PROFILE).bars
    assert bar.amount == pytest.approx(PROFILE.step_seconds)
    assert [one.key for one in bar.slices] == [phase for phase in PHASES if phase in PROFILE.phases]
    assert {one.key: one.share for one in bar.slices}["backward"] == "40.0 %"
    assert bar.figure == "50 ms"


def test_nothing_fused_stands_beside_as_set() -> None:
    step = step_time(PROFILE, PLAIN)
    assert [bar.label for bar in step.bars] == ["As set", "Nothing fused"]
    kernels = step.facts[0]
    assert (kernels.beside, kernels.figure) == ("257", "100")
    assert any(key == "profile_fused_operators" and told["before"] == 257 for key, told in step.said)
    other = msgspec.structs.replace(PLAIN, counted="operators_and_fused_kernels")
    assert step_time(PROFILE, other).facts[0].beside == ""  # what is counted otherwise is not compared


def test_what_the_profiler_slows_down_more_is_not_shown_as_slower() -> None:
    """Fused, a step pays more for being watched here; the bars still say which is faster without the profiler."""
    fused = msgspec.structs.replace(PROFILE, usual_seconds=0.02)
    plain = msgspec.structs.replace(PROFILE, usual_seconds=0.03)
    step = step_time(fused, plain)
    assert [bar.amount for bar in step.bars] == [pytest.approx(0.03), pytest.approx(0.04)]  # 0.01 of it are looks
    assert step.operators[0].figure == "10 ms"
    facts = {fact.label: (fact.beside, fact.figure) for fact in step.facts}
    assert facts["Usual step"] == ("30 ms", "20 ms")
    assert facts["With the profiler"] == ("50 ms", "50 ms")
    assert "profile_scaled" in [key for key, _ in step.said]
    unknown = step_time(msgspec.structs.replace(PROFILE, usual_seconds=None))
    assert unknown.bars[0].figure == "50 ms"
    assert "profile_scaled" not in [key for key, _ in unknown.said]


def test_a_processor_is_idle_for_other_reasons_than_a_gpu() -> None:
    waits = {"phases": {"forward": 0.01, "idle": 0.03}, "step_seconds": 0.04}
    for device, key in (("cpu", "profile_most_idle_processor"), ("cuda:0", "profile_most_idle")):
        assert next(iter(step_time(msgspec.structs.replace(PROFILE, device=device, **waits)).said))[0] == key
        some = msgspec.structs.replace(PROFILE, device=device, phases={"forward": 0.03, "idle": 0.01})
        assert key.replace("most", "much") in [key for key, _ in step_time(some).said]
    assert {"profile_most_idle_processor", "profile_much_idle_processor"} <= set(sentences())


def test_operators_are_named_for_people() -> None:
    first, second = step_time(PROFILE).operators
    assert (first.name, first.kind, first.share, first.reach) == ("mm", "products of matrices", "50.0 %", 1.0)
    assert second.reach == pytest.approx(0.25)
    kernel = "void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x256_32x3_tn_align8>(int)"
    assert (short_name(kernel), kind_of(kernel)) == ("cutlass::Kernel2", "products of matrices")
    backward = short_name("aten::_scaled_dot_product_flash_attention_for_cpu_backward")
    assert len(backward) <= 40
    assert backward.endswith("backward")
    assert kind_of("something new") == ""


def test_every_phase_and_part_has_its_sentence() -> None:
    for phase in PHASES:
        assert f"profile_most_{phase}" in sentences()
        assert f"memory_fullest_{phase}" in sentences()
    told = [sentence(key, arguments) for key, arguments in (*step_time(PROFILE, PLAIN).said, *meaning(PROFILE))]
    assert not any("{" in words or "_" in words for words in told)


def test_tensor_cores_are_told_of_where_there_are_any() -> None:
    few = step_time(msgspec.structs.replace(PROFILE, tensor_core_share=0.05, counted="device_kernels"))
    assert {fact.label: fact.figure for fact in few.facts}["On tensor cores"] == "5.0 %"
    assert "profile_few_tensor_cores" in [key for key, _ in few.said]
    assert "On tensor cores" not in [fact.label for fact in step_time(PROFILE).facts]


def test_the_fullest_moment_stands_beside_the_prediction() -> None:
    measured, predicted = bars(PROFILE)
    assert (measured.amount, predicted.amount) == (1200.0, 1000.0)
    rows = {row.key: row for row in part_rows(PROFILE)}
    assert (rows["gradients"].measured, rows["gradients"].predicted) == ("0 B", "100 B")
    assert rows["workspace"].predicted == "–"
    assert rows["together"].measured == "1.20 kB"
    assert [key for key, _ in meaning(PROFILE)] == [
        "memory_fullest_backward",
        "memory_mostly_activations",
        "memory_predicted_less",
    ]


def test_the_course_is_a_stack_with_its_peak_and_its_phases() -> None:
    areas = course(PROFILE)
    assert areas is not None
    assert [layer.key for layer in areas.layers] == ["parameters", "optimizer", "activations", "workspace"]
    assert areas.layers[-1].tops == tuple(float(one.total) for one in COURSE)
    assert areas.peak == (20.0, 1200.0)
    assert areas.peak_in == "Backward"
    assert [(band.label, band.start, band.end) for band in areas.bands] == [
        ("Forward", 0.0, 20.0),
        ("Backward", 20.0, 30.0),
        ("Optimizer", 30.0, pytest.approx(40.0)),  # looks at held-out text are in no step's memory
    ]
    assert areas.reserved == ()
    held = msgspec.structs.replace(PROFILE, course=tuple(msgspec.structs.replace(one, reserved=2000) for one in COURSE))
    found = course(held)
    assert found is not None
    assert found.reserved == (2000.0,) * 4


def test_memory_that_nobody_saw_is_said_and_not_drawn() -> None:
    blind = msgspec.structs.replace(PROFILE, memory=(), course=(), peak="")
    assert (bars(blind), part_rows(blind), course(blind)) == ((), (), None)
    assert [key for key, _ in meaning(blind)] == ["memory_not_seen"]


def test_memory_over_a_run_is_stacked_where_it_was_recorded() -> None:
    series = RunSeries()
    assert over_run(series) is None
    for step, activations in ((10, 5.0), (20, 9.0), (30, 7.0)):
        series.add(
            step, step, float(step), {"mem_parameters": 2.0, "mem_activations": activations, "mem_gradients": 0.0}
        )
    areas = over_run(series)
    assert areas is not None
    assert areas.x == (10.0, 20.0, 30.0)
    assert [(layer.key, layer.tops) for layer in areas.layers] == [
        ("parameters", (2.0, 2.0, 2.0)),
        ("activations", (7.0, 11.0, 9.0)),
    ]
    assert areas.peak == (20.0, 11.0)


def test_profiles_of_runs_and_of_experiments_are_found_newest_first(tmp_path: Path) -> None:
    run, job, other = tmp_path / "runs" / "1", tmp_path / "jobs" / "2", tmp_path / "runs" / "3"
    written = [(run, "step-000020", 100), (run, "step-000040", 300), (job, "as_set", 200), (job, "plain", 200)]
    for folder, name, at in written:
        (folder / "profiles").mkdir(parents=True, exist_ok=True)
        path = folder / "profiles" / f"{name}.json"
        path.write_bytes(encode(PROFILE))
        os.utime(path, (at, at))
    (run / "profiles" / "notes.json").write_text("{}")
    (run / "profiles" / "step-000040.trace.json.gz").write_bytes(b"")
    runs = [Known("1", "one", run, True), Known("3", "three", other, True), Known("4", "four", tmp_path / "no", False)]
    found = sources(runs, tmp_path / "jobs")
    assert [(one.name, one.step, one.path is None) for one in found] == [
        ("one", 40, False),
        ("2", None, False),
        ("one", 20, False),
        ("three", None, True),
    ]
    newest, of_job, _, memory_only = (read(one) for one in found)
    assert newest.profile == PROFILE
    assert newest.trace is not None
    assert of_job.plain == PROFILE
    assert of_job.trace is None
    assert memory_only.profile is None
    assert sources([], tmp_path / "nowhere") == ()


def test_a_damaged_profile_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "step-000001.json").write_text('{"at_step": 1')
    (source,) = sources([Known("1", "one", tmp_path, False)], tmp_path / "jobs")
    with pytest.raises(BadInput) as refused:
        read(source)
    assert refused.value.problems[0].key == "profile_unreadable"
