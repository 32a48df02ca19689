"""What a team of workers asks of the batch, the machine and the rest of the experiment is said before anything runs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, problems
from gpulab.techniques.data_parallel import DataParallel, DataParallelSettings
from gpulab.words import explain

CPU = Machine("p", 4, 2**33)
TWO_GPUS = Machine("p", 16, 2**33, gpus=(Gpu(0, "New", 2**36, (9, 0)), Gpu(1, "New", 2**36, (9, 0))))


def _experiment(batch_size: int, techniques: dict[str, dict[str, Any]], device: str = "auto") -> Experiment:
    return decode({"training": {"batch_size": batch_size}, "techniques": techniques, "device": device}, REGISTRY)


def _sentences(experiment: Experiment, machine: Machine) -> list[str]:
    return [explain(problem) for problem in problems(experiment, machine)]


def test_workers_must_divide_the_batch() -> None:
    assert _sentences(_experiment(12, {"data_parallel": {"workers": 3}}), CPU) == []
    assert _sentences(_experiment(12, {"data_parallel": {"workers": 5}}), CPU) == [
        "techniques.data_parallel.workers: 5 workers do not divide a batch of 12. Numbers that do: 2, 3, 4, 6, 12."
    ]
    assert _sentences(_experiment(1, {"data_parallel": {}}), CPU)[0].endswith("Numbers that do: none.")


def test_compression_without_workers_says_what_to_switch_on() -> None:
    assert _sentences(_experiment(12, {"gradient_compression": {}}), CPU) == [
        "techniques.gradient_compression: switch on data parallelism: with one worker no gradients travel."
    ]
    assert _sentences(_experiment(12, {"gradient_compression": {}, "data_parallel": {}}), CPU) == []


def test_every_worker_needs_a_gpu_of_its_own() -> None:
    four = _experiment(12, {"data_parallel": {"workers": 4}})
    assert "techniques.data_parallel.workers: 4 workers need 4 GPUs; this machine has 2." in _sentences(four, TWO_GPUS)
    assert _sentences(msgspec.structs.replace(four, device="cpu"), TWO_GPUS) == []
    assert _sentences(_experiment(12, {"data_parallel": {}}), TWO_GPUS) == []


def test_ranks_take_one_gpu_each_beginning_with_the_one_that_was_named() -> None:
    assert [TWO_GPUS.place("auto", rank) for rank in range(2)] == ["cuda:0", "cuda:1"]
    assert [TWO_GPUS.place("cuda:1", rank) for rank in range(2)] == ["cuda:1", "cuda:0"]
    assert [CPU.place("auto", rank) for rank in range(3)] == ["cpu"] * 3


def test_more_workers_than_cores_are_doubted_not_refused() -> None:
    assert [problem.key for problem in DataParallel.doubts(DataParallelSettings(workers=8), CPU, "cpu")] == [
        "more_workers_than_cores"
    ]
    assert not list(DataParallel.doubts(DataParallelSettings(workers=4), CPU, "cpu"))
    assert _sentences(_experiment(8, {"data_parallel": {"workers": 8}}), CPU) == []


@pytest.mark.parametrize(
    ("technique", "setting", "value"),
    [
        ("data_parallel", "workers", 1),
        ("data_parallel", "workers", 65),
        ("data_parallel", "workers", 2.5),
        ("gradient_compression", "method", "zip"),
        ("gradient_compression", "rank", 0),
        ("gradient_compression", "start", 1),
        ("gradient_compression", "share", 0.0),
        ("gradient_compression", "share", float("nan")),
    ],
)
def test_values_out_of_range_are_refused_by_name(technique: str, setting: str, value: Any) -> None:
    with pytest.raises(BadInput) as refused:
        _experiment(12, {technique: {setting: value}})
    assert refused.value.problems[0].field == f"techniques.{technique}.{setting}"
