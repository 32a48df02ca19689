"""Ceilings, operations and bytes where there is a GPU: another kernel must not change what is counted."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest
import torch

from gpulab.engine.arithmetic import counted
from gpulab.engine.desk import Desk
from gpulab.engine.worker import work
from gpulab.events.log import read_all
from gpulab.hardware.datasheet import peak_of
from gpulab.hardware.machine import this_machine
from gpulab.runs import jobs
from gpulab.runs.ceilings import load_ceilings
from gpulab.runs.home import HOME_VARIABLE
from gpulab.spec.jobs import ask
from tests.engine.plans import TINY, built_from, tokens_for
from tests.engine.support import ended, run
from tests.gpu.support import tiny_on_gpu

PLAN = msgspec.structs.replace(TINY, batch_size=3, n_head=4, n_embd=64, context_length=32, vocab_size=40)


@pytest.mark.parametrize("recompute", ["no_block", "every_block"])
@pytest.mark.parametrize("short", [False, True])
def test_a_gpu_counts_what_a_processor_counts(recompute: str, short: bool) -> None:
    plan = msgspec.structs.replace(PLAN, recompute=recompute)
    on_cpu = counted(built_from(plan), tokens_for(plan), tokens_for(plan), nullcontext)
    model, tokens = built_from(plan).cuda(), tokens_for(plan).cuda()
    found = counted(model, tokens, tokens, lambda: torch.autocast("cuda", torch.bfloat16, enabled=short))
    assert (found.total, found.again) == (on_cpu.total, on_cpu.again)
    assert max(found.flops, key=lambda kind: found.flops[kind]) == ("bf16" if short else "fp32")


def test_tf32_is_a_type_of_its_own(tmp_path: Path) -> None:
    summary = ended(run(tmp_path / "run", tiny_on_gpu(tmp_path, {"precision": {"mode": "tf32"}}))).summary
    assert summary["compute_type"] == "tf32"
    torch.backends.cuda.matmul.fp32_precision = "ieee"


def test_the_ceilings_of_a_gpu_lie_below_its_datasheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    job_dir = jobs.create(tmp_path / "jobs", ask("ceilings", {"device": "cuda"}), None)
    work(job_dir, Desk(job_dir))
    assert ended(read_all(job_dir)).status == "done"
    found = load_ceilings(this_machine(), "cuda", 0)
    assert found is not None
    assert found.place.driver
    assert found.to_device_bytes_per_s is not None
    assert found.from_device_bytes_per_s is not None
    assert found.copy_bytes_per_s > found.to_device_bytes_per_s
    peak = peak_of(found.place.device_name)
    for kind, speed in found.flops_per_s.items():
        if peak and kind in peak.flops_per_s:
            assert 0.2 * peak.flops_per_s[kind] < speed < 1.05 * peak.flops_per_s[kind], kind


def test_a_run_has_a_share_of_the_datasheet_where_there_is_one(tmp_path: Path) -> None:
    summary = ended(run(tmp_path / "run", tiny_on_gpu(tmp_path, {"precision": {"mode": "bf16"}}))).summary
    known = peak_of(this_machine().device_name("cuda"))
    assert (summary["mfu"] is not None) == (known is not None)
    assert summary["compute_type"] == "bf16"
