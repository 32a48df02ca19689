"""A GPU's trace, as torch writes it: kernels belong to the phase that launched them, however late they run."""

from __future__ import annotations

from typing import Any

import pytest

from gpulab.engine.probes.trace import Event, Trace


def event(cat: str, name: str, start: float, length: float, **arguments: Any) -> Event:
    """A complete event; times in milliseconds."""
    where = {"pid": 1, "tid": 1, "ts": 1e3 * start, "dur": 1e3 * length}
    return {"ph": "X", "cat": cat, "name": name, "args": arguments, **where}


def launch(number: int, start: float) -> Event:
    return event("cuda_runtime", "cudaLaunchKernel", start, 0.01, correlation=number)


def kernel(number: int, name: str, start: float, length: float) -> Event:
    return event("kernel", name, start, length, correlation=number)


GEMM = "sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64"
EVENTS = [
    event("user_annotation", "gpulab:step", 0, 20),
    event("user_annotation", "gpulab:data", 0, 1),
    event("user_annotation", "gpulab:forward", 1, 2),
    event("user_annotation", "gpulab:backward", 3, 2),
    event("user_annotation", "gpulab:optimizer", 5, 1),
    event("user_annotation", "Optimizer.step#AdamW.step", 5, 1),
    launch(1, 0.5),
    event("gpu_memcpy", "Memcpy HtoD (Pinned -> Device)", 0.6, 0.4, correlation=1),
    launch(2, 2),
    kernel(2, GEMM, 4, 4),  # runs while the processor is already past the backward pass
    launch(3, 4),
    kernel(3, "triton_poi_fused_gelu_0", 8, 2),
    launch(4, 4.5),
    kernel(4, "ncclDevKernel_AllReduce_Sum_bf16_RING_LL", 9, 3),  # a third of it beside the kernel before
    launch(5, 5.5),
    kernel(5, "multi_tensor_apply_kernel", 12, 1),
    launch(6, 25),
    kernel(6, GEMM, 26, 4),  # a look at held-out text between two steps
]


def test_phases_are_those_that_launched_and_exchange_counts_where_it_is_waited_for() -> None:
    phases = Trace(EVENTS).device_phases()
    found = {name: 1e3 * seconds for name, seconds in phases.items() if seconds}
    wanted = {"data": 0.4, "forward": 4, "backward": 2, "communication": 2, "optimizer": 1, "idle": 10.6}
    assert found == pytest.approx(wanted)
    assert sum(phases.values()) == pytest.approx(0.020)


def test_kernels_are_counted_inside_steps_alone() -> None:
    trace = Trace(EVENTS)
    assert trace.kernel_count() == (4.0, "device_kernels")
    assert trace.tensor_core_share() == pytest.approx(4 / 10.4)
    longest = trace.operators(2)
    assert [operator.name for operator in longest] == [GEMM, "ncclDevKernel_AllReduce_Sum_bf16_RING_LL"]
    assert longest[0].on_device
    assert longest[0].seconds == pytest.approx(0.004)


def test_without_a_gpu_operators_that_compute_are_counted_once() -> None:
    names = [
        ("aten::linear", 1.0, 4.0),
        ("aten::t", 1.1, 0.5),
        ("aten::mm", 2.0, 2.0),
        ("aten::resolve_conj", 2.1, 0.1),
    ]
    names += [("aten::add_", 6.0, 1.0), ("graph_0_cpp_fused_add_0", 8.0, 1.0), ("aten::empty", 9.5, 0.1)]
    events = [EVENTS[0], *(event("cpu_op", name, start, length) for name, start, length in names)]
    trace = Trace(events)
    assert trace.kernel_count() == (3.0, "operators_and_fused_kernels")  # mm, add_, the generated one
    assert trace.tensor_core_share() is None
    own = {operator.name: 1e3 * operator.seconds for operator in trace.operators(10)}
    assert own["aten::linear"] == pytest.approx(4 - 0.5 - 2)
    assert own["aten::mm"] == pytest.approx(1.9)


def test_nothing_seen_is_nothing() -> None:
    trace = Trace([])
    assert trace.kernel_count() == (0.0, "operators")
    assert trace.operators(5) == ()
    assert not any(trace.device_phases().values())


def test_work_that_is_done_between_two_steps_belongs_to_the_step_that_launched_it() -> None:
    steps = [event("user_annotation", "gpulab:step", start, 2) for start in (0, 20)]
    phases = [event("user_annotation", "gpulab:forward", start, 1) for start in (0, 20)]
    launches = [launch(1, 0.5), launch(2, 20.5)]
    kernels = [kernel(1, GEMM, 1, 15), kernel(2, GEMM, 21, 1)]  # figures are read from 2 to 16, a look follows
    trace = Trace([*steps, *phases, *launches, *kernels])
    found = {name: 1e3 * seconds for name, seconds in trace.device_phases().items() if seconds}
    assert found == pytest.approx({"forward": 16, "idle": 2})
    assert trace.kernel_count() == (1.0, "device_kernels")
    assert trace.operators(1)[0].seconds == pytest.approx(0.008)
