"""Ceilings, really measured on tiny matrices: no experiment is needed, and what was measured is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.desk import Desk
from gpulab.engine.jobs import ceilings as job
from gpulab.engine.jobs.ceilings import suggest, timed
from gpulab.engine.worker import work
from gpulab.events.documents import AnyDocument, JobStarted
from gpulab.events.log import read_all
from gpulab.hardware.ceilings import Place
from gpulab.hardware.machine import this_machine
from gpulab.runs import jobs
from gpulab.runs.ceilings import best_of, load_ceilings
from gpulab.runs.folder import EXPERIMENT
from gpulab.runs.home import HOME_VARIABLE
from gpulab.runs.launcher import environment
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import MeasureCeilings, ask
from tests.engine.jobs.support import suggestions, trial, trials
from tests.engine.support import ended


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr(job, "_SAMPLE_S", 0.001)
    monkeypatch.setitem(job._WIDEST, "cpu", 64)
    monkeypatch.setitem(job._COPIED_BYTES, "cpu", 1 << 20)


def measured(folder: Path, **settings: object) -> tuple[Path, list[AnyDocument]]:
    table = {"device": "cpu", "threads": 1, **settings}
    job_dir = jobs.create(folder / "jobs", ask("ceilings", table), None)
    work(job_dir, Desk(job_dir))
    return job_dir, read_all(job_dir)


def test_a_job_of_the_machine_needs_no_experiment_and_keeps_what_it_measured(tmp_path: Path) -> None:
    job_dir, documents = measured(tmp_path)
    started = documents[0]
    assert isinstance(started, JobStarted)
    assert (started.experiment, started.device, started.threads) == ({}, "cpu", 1)
    assert not (job_dir / EXPERIMENT).exists()
    assert ended(documents).status == "done"

    kept = load_ceilings(this_machine(), "cpu", 1)
    assert kept is not None
    assert set(kept.flops_per_s) >= {"fp32", "bf16"}
    widest = [one for one in trials(documents) if one.names["what"] == "fp32"]
    assert [one.values["width"] for one in widest] == [64]
    assert kept.flops_per_s["fp32"] == widest[0].values["flops_per_s"]
    assert kept.copy_bytes_per_s > 1e6
    assert kept.to_device_bytes_per_s is None
    assert set(kept.spread) == {*kept.flops_per_s, "copy"}
    (said,) = suggestions(documents)
    assert said.key == "ceilings_measured"
    assert load_ceilings(this_machine(), "cpu", 2) is None


@pytest.mark.parametrize("own", [{"width": 32}, {"megabytes": 2}, {"repeats": 3}])
def test_settings_of_ones_own_leave_what_is_kept_alone(own: dict[str, int], tmp_path: Path) -> None:
    _, documents = measured(tmp_path, **own)
    assert ended(documents).status == "done"
    assert [one.key for one in suggestions(documents)] == ["ceilings_measured", "ceilings_not_kept"]
    assert load_ceilings(this_machine(), "cpu", 1) is None


def test_where_no_memory_is_pinned_both_ways_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU's copies on a machine without one: only what kind of device it is matters to them."""

    class Gpu:
        type = "cuda"

    ones: Any = torch.ones
    said = list[str]()

    def granted(size: int, pin_memory: bool = False, device: object = None, **how: Any) -> Any:
        if pin_memory:
            raise RuntimeError("CUDA error: out of memory")
        return ones(size, **how)

    monkeypatch.setattr(torch, "ones", granted)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1 << 30, 1 << 30))
    copies = list(job._copies(Gpu(), 1 << 20, lambda: said.append("refused")))  # type: ignore[arg-type]
    assert [name for name, *_ in copies] == ["copy"]
    assert said == ["refused"]


def test_its_worker_gets_the_threads_that_it_asks_for(tmp_path: Path) -> None:
    job_dir = jobs.create(tmp_path, ask("ceilings", {"threads": 1}), None)
    assert environment(job_dir)["OMP_NUM_THREADS"] == "1"


def test_a_device_that_is_not_here_is_refused(tmp_path: Path) -> None:
    _, documents = measured(tmp_path, device="cuda:7")
    assert ended(documents).reason == "no_such_device"
    assert not (tmp_path / "home").exists()


def test_matrices_grow_until_wider_ones_are_no_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds = {256: 10.0, 512: 20.0, 1024: 20.1, 2048: 19.0, 4096: 90.0}

    def width_of(work: object) -> tuple[float, float]:
        width = work.__closure__[0].cell_contents.shape[0]  # type: ignore[attr-defined]
        return 2 * width**3 / (1e12 * speeds[width]), 0.0

    monkeypatch.setattr(job, "timed", lambda work, *rest: width_of(work))
    monkeypatch.setattr(job, "_kinds", lambda device: ("fp32",))
    monkeypatch.setattr(job, "_copies", lambda *rest: iter(()))
    monkeypatch.setattr(job, "save_ceilings", lambda ceilings: None)
    monkeypatch.setattr(job, "best_of", lambda *rest: None)
    monkeypatch.setitem(job._WIDEST, "cpu", 4096)
    _, documents = measured(tmp_path)
    assert [one.values["width"] for one in trials(documents)] == [256, 512, 1024, 2048]


def test_a_type_that_the_device_cannot_multiply_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = job._product

    def none_of_16_bits(kind: str, width: int, device: torch.device) -> job.Work:
        if kind == "fp16":
            raise RuntimeError("addmm_impl_cpu_ not implemented for 'Half'")
        return product(kind, width, device)

    monkeypatch.setattr(job, "_product", none_of_16_bits)
    _, documents = measured(tmp_path)
    assert ended(documents).status == "done"
    kept = load_ceilings(this_machine(), "cpu", 1)
    assert kept is not None
    assert "fp16" not in kept.flops_per_s
    assert "bf16" in kept.flops_per_s


def test_the_best_width_counts_and_a_stopped_job_keeps_nothing() -> None:
    place = Place("a processor", "cpu", "", "2.13.0", 1)
    slow = trial(1, {"what": "fp32"}, flops_per_s=1e11, spread=0.1, width=256.0)
    fast = trial(2, {"what": "fp32"}, flops_per_s=2e11, spread=0.2, width=512.0)
    none = trial(3, {"what": "fp16"}, width=256.0)
    copied = trial(4, {"what": "copy"}, bytes_per_s=3e10, spread=0.3)
    found = best_of([slow, fast, none, copied], place, 5.0)
    assert (found.flops_per_s, found.copy_bytes_per_s) == ({"fp32": 2e11}, 3e10)
    assert (found.spread, found.measured_at) == ({"fp32": 0.2, "copy": 0.3}, 5.0)
    assert suggest([slow, fast], Experiment(), MeasureCeilings())[0].key == "ceilings_unfinished"
    assert suggest([slow, fast, copied], Experiment(), MeasureCeilings())[0].arguments["type"] == "fp32"


def test_time_is_taken_of_whole_samples() -> None:
    calls: list[int] = []
    checks: list[int] = []
    seconds, spread = timed(lambda: calls.append(1), torch.device("cpu"), 5, lambda: checks.append(1))
    assert 0.0 < seconds < 0.001
    assert spread >= 0.0
    assert len(checks) == 5
    assert (len(calls) - 2) % 5 == 0


def test_tf32_is_switched_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.backends.cuda.matmul.fp32_precision
    with job._Fp32Products("tf32"):
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert torch.backends.cuda.matmul.fp32_precision == before


def test_its_file_reads_as_json(tmp_path: Path) -> None:
    measured(tmp_path)
    (file,) = (tmp_path / "home" / "ceilings").iterdir()
    assert json.loads(file.read_bytes())["place"]["threads"] == 1
