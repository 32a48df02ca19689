"""What the machine says of itself, and what is made of an NVIDIA driver's recorded answers, refusals among them."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import psutil
import pynvml
import pytest
import torch

from gpulab.hardware import machine, nvidia
from gpulab.hardware.machine import Machine, this_machine
from gpulab.hardware.nvidia import Gpu, torch_has_cuda, visible_gpus
from gpulab.spec.decode import with_value
from gpulab.spec.presets import experiment_from
from gpulab.techniques import BY_NAME, REGISTRY, problems, unusable

H200 = Gpu(0, "NVIDIA H200", 150_754_820_096, (9, 0))
TWO = Machine("CPU", 8, 2**35, gpus=(H200, Gpu(1, "Tesla V100", 2**34, (7, 0))))
BARE = Machine("CPU", 1, 2**33)


def test_this_machine_agrees_with_psutil() -> None:
    here = this_machine()
    assert here.memory_bytes == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert 1 <= here.cores <= (os.cpu_count() or 1)
    assert here.processor


def test_python_s_headers_are_where_its_own_build_says() -> None:
    assert machine._python_headers() == Path(sysconfig.get_path("include"), "Python.h")
    assert this_machine().python_headers == Path(sysconfig.get_path("include"), "Python.h").exists()


@pytest.mark.parametrize(
    ("device", "meant", "name"),
    [
        ("auto", "cuda:0", "NVIDIA H200"),
        ("cuda", "cuda:0", "NVIDIA H200"),
        ("cuda:1", "cuda:1", "Tesla V100"),
        ("cpu", "cpu", "CPU"),
    ],
)
def test_a_device_means_one_place(device: str, meant: str, name: str) -> None:
    assert TWO.resolved(device) == meant
    assert TWO.device_name(device) == name


def test_without_a_gpu_auto_is_the_cpu() -> None:
    assert BARE.resolved("auto") == "cpu"
    assert BARE.devices == ("cpu",)


def test_one_core_is_left_to_the_window() -> None:
    assert TWO.threads(0) == 7
    assert TWO.threads(3) == 3
    assert TWO.threads(99) == 8
    assert BARE.threads(0) == 1


def _answers(monkeypatch: pytest.MonkeyPatch, refused: str = "") -> None:
    """Puts recorded answers in NVML's place; the call named `refused` fails as drivers do."""

    def answer(name: str, value: object) -> None:
        def call(*_: object) -> object:
            if name == refused:
                raise pynvml.NVMLError_NotSupported
            return value

        monkeypatch.setattr(pynvml, name, call)

    monkeypatch.setattr(nvidia, "driver_present", lambda: True)
    answer("nvmlInit", None)
    answer("nvmlDeviceGetCount", 1)
    answer("nvmlDeviceGetHandleByIndex", object())
    answer("nvmlDeviceGetHandleByUUID", object())
    answer("nvmlDeviceGetName", "NVIDIA H200")
    answer("nvmlDeviceGetMemoryInfo", SimpleNamespace(total=150_754_820_096))
    answer("nvmlDeviceGetCudaComputeCapability", (9, 0))


def test_a_gpu_is_read_from_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch)
    assert visible_gpus() == (H200,)


@pytest.mark.parametrize(("named", "count"), [("", 0), ("0", 1), ("0,0", 2), ("GPU-8a", 1), ("-1", 0)])
def test_only_visible_gpus_count(monkeypatch: pytest.MonkeyPatch, named: str, count: int) -> None:
    _answers(monkeypatch, refused="nvmlDeviceGetHandleByUUID" if named == "-1" else "")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert [gpu.index for gpu in visible_gpus()] == list(range(count))


def test_a_torch_built_for_processors_uses_no_gpu_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch)
    monkeypatch.setattr(machine, "torch_has_cuda", lambda: False)
    here = this_machine()
    assert here.resolved("auto") == "cpu"
    experiment = with_value(experiment_from("nano"), "device", "cuda", REGISTRY)
    assert [problem.key for problem in problems(experiment, here)] == ["torch_without_cuda"]


def test_torch_s_build_is_known_without_importing_it() -> None:
    assert torch_has_cuda() == (torch.version.cuda is not None)


@pytest.mark.parametrize(
    "refused", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetMemoryInfo"]
)
def test_a_driver_that_does_not_answer_is_no_gpu(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    _answers(monkeypatch, refused)
    assert visible_gpus() == ()


def test_a_choice_is_refused_with_the_capability_it_needs() -> None:
    precision = BY_NAME["precision"]
    assert list(unusable(precision, TWO, "cuda:0")) == []
    (tf32, float8) = unusable(precision, TWO, "cuda:1")
    assert (tf32[:2], float8[:2]) == (("mode", "tf32"), ("mode", "float8"))
    assert tf32[2].arguments == {"needed": "8.0", "found": "7.0"}
    assert float8[2].arguments == {"needed": "8.9", "found": "7.0"}
    assert {problem.key for _, _, problem in unusable(precision, BARE, "cpu")} == {"needs_compute_capability_none"}
