"""What the machine says of itself, and what is made of an NVIDIA driver's recorded answers, refusals among them."""

from __future__ import annotations

import os
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from gpulab.hardware import machine as hardware
from gpulab.hardware.machine import Gpu, Machine, this_machine
from gpulab.techniques import BY_NAME, unusable

H200 = Gpu(0, "NVIDIA H200", 150_754_820_096, (9, 0))
TWO = Machine("CPU", 8, 2**35, gpus=(H200, Gpu(1, "Tesla V100", 2**34, (7, 0))))
BARE = Machine("CPU", 1, 2**33)


def test_this_machine_agrees_with_psutil() -> None:
    machine = this_machine()
    assert machine.memory_bytes == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.processor


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

    monkeypatch.setattr(hardware, "driver_present", lambda: True)
    answer("nvmlInit", None)
    answer("nvmlDeviceGetCount", 1)
    answer("nvmlDeviceGetHandleByIndex", object())
    answer("nvmlDeviceGetName", "NVIDIA H200")
    answer("nvmlDeviceGetMemoryInfo", SimpleNamespace(total=150_754_820_096))
    answer("nvmlDeviceGetCudaComputeCapability", (9, 0))


def test_a_gpu_is_read_from_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch)
    assert this_machine().gpus == (H200,)


@pytest.mark.parametrize(
    "refused", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex", "nvmlDeviceGetMemoryInfo"]
)
def test_a_driver_that_does_not_answer_is_no_gpu(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    _answers(monkeypatch, refused)
    assert this_machine().gpus == ()


def test_a_choice_is_refused_with_the_capability_it_needs() -> None:
    precision = BY_NAME["precision"]
    assert list(unusable(precision, TWO, "cuda:0")) == []
    ((setting, choice, problem),) = unusable(precision, TWO, "cuda:1")
    assert (setting, choice) == ("mode", "tf32")
    assert problem.arguments == {"needed": "8.0", "found": "7.0"}
    ((_, _, none),) = unusable(precision, BARE, "cpu")
    assert none.key == "needs_compute_capability_none"
