"""Measured ceilings are kept once for each place, and whatever cannot be trusted counts as not measured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gpulab.hardware import ceilings as hardware
from gpulab.hardware.ceilings import Ceilings, place_of
from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.runs.ceilings import ceilings_root, load_ceilings, save_ceilings
from gpulab.runs.home import HOME_VARIABLE
from gpulab.spec.problem import BadInput

CPU = Machine("a processor", 4, 2**34)
WITH_GPU = Machine(
    "a processor", 4, 2**34, (Gpu(0, "NVIDIA H200", 2**37, (9, 0)), Gpu(1, "NVIDIA H200", 2**37, (9, 0)))
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setattr(hardware, "driver_version", lambda: "560.35.03")
    monkeypatch.setattr(hardware, "versions", lambda names: {"torch": "2.13.0"})


def kept(machine: Machine, device: str, threads: int, **changes: Any) -> Ceilings:
    found = Ceilings(place_of(machine, device, threads), 7.0, {"fp32": 1e11, "bf16": 1e12}, 2e10, spread={"copy": 0.01})
    found = msgspec.structs.replace(found, **changes)
    save_ceilings(found)
    return found


def test_what_was_measured_is_found_again() -> None:
    assert load_ceilings(CPU, "cpu", 3) is None
    found = kept(CPU, "cpu", 3)
    assert load_ceilings(CPU, "cpu", 3) == found
    assert load_ceilings(CPU, "auto", 0) == found  # all cores but one
    again = kept(CPU, "cpu", 3, copy_bytes_per_s=3e10)
    assert load_ceilings(CPU, "cpu", 3) == again


def test_other_threads_torch_or_processor_are_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    kept(CPU, "cpu", 3)
    assert load_ceilings(CPU, "cpu", 2) is None
    assert load_ceilings(msgspec.structs.replace(CPU, processor="another"), "cpu", 3) is None
    monkeypatch.setattr(hardware, "versions", lambda names: {"torch": "2.14.0"})
    assert load_ceilings(CPU, "cpu", 3) is None


def test_another_driver_is_another_place(monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(WITH_GPU, "cuda", 2)
    assert found.place.driver == "560.35.03"
    assert load_ceilings(WITH_GPU, "auto", 1) == found  # a GPU has no use for threads
    assert load_ceilings(WITH_GPU, "cuda:1", 1) == found  # the same GPU in another slot
    assert load_ceilings(WITH_GPU, "cpu", 2) is None
    monkeypatch.setattr(hardware, "driver_version", lambda: "570.1")
    assert load_ceilings(WITH_GPU, "cuda", 2) is None
    kept(CPU, "cpu", 2)
    assert load_ceilings(CPU, "cpu", 2) is not None  # a processor has no driver


@pytest.mark.parametrize("size", [0, 1, 40, 200])
def test_a_cut_file_counts_as_not_measured(size: int) -> None:
    found = kept(CPU, "cpu", 3)
    (file,) = ceilings_root().iterdir()
    file.write_bytes(file.read_bytes()[:size])
    assert load_ceilings(CPU, "cpu", 3) is None
    save_ceilings(found)
    assert load_ceilings(CPU, "cpu", 3) == found


def test_figures_that_can_be_no_speed_count_as_not_measured() -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"copy_bytes_per_s": 0.0},
        {"flops_per_s": {}},
        {"flops_per_s": {"fp32": -1.0}},
    )
    for changes in wrong:
        kept(CPU, "cpu", 3, **changes)
        assert load_ceilings(CPU, "cpu", 3) is None, changes
    assert not Ceilings(place_of(CPU, "cpu", 3), 0.0, {"fp32": math.nan}, 1.0).usable


def test_a_file_of_another_place_is_not_believed() -> None:
    kept(CPU, "cpu", 3)
    (file,) = ceilings_root().iterdir()
    file.rename(ceilings_root() / f"{place_of(CPU, 'cpu', 2).key}.json")
    assert load_ceilings(CPU, "cpu", 2) is None


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "ceilings").write_text("in the way")
    with pytest.raises(BadInput) as refused:
        kept(CPU, "cpu", 3)
    assert refused.value.problems[0].key == "folder_not_writable"


def test_a_file_without_end_counts_as_not_measured() -> None:
    path = save_ceilings(kept(CPU, "cpu", 3))
    path.write_bytes(b'{"more":' + b"[" * 100_000)
    assert load_ceilings(CPU, "cpu", 3) is None
