"""The same training contract as on the CPU, kept on a CUDA device."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.events.documents import AnyDocument, RunResumed, RunStarted, Sample
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.techniques import problems
from tests.engine.support import ended, losses, run, tiny
from tests.engine.variants import VARIANTS, name_of


def on_gpu(experiment: Experiment) -> Experiment:
    return msgspec.structs.replace(experiment, device="cuda")


def _possible(experiment: Experiment) -> None:
    found = list(problems(experiment, this_machine()))
    if found:
        pytest.skip(f"not on this GPU: {found[0].key}")


@pytest.mark.parametrize("variant", [*VARIANTS, {"precision": {"mode": "tf32"}}], ids=name_of)
def test_every_technique_trains_and_resumes_exactly(tmp_path: Path, variant: dict[str, dict[str, Any]]) -> None:
    experiment = on_gpu(tiny(tmp_path, variant))
    _possible(experiment)
    whole = run(tmp_path / "whole", experiment)
    assert ended(whole).status == "done", ended(whole)
    half = tmp_path / "half"
    run(half, experiment)
    shutil.rmtree(half / "checkpoints/step-00000012")
    again = run(half, resume=True)
    resumed = next(index for index, document in enumerate(again) if isinstance(document, RunResumed))
    assert losses(again[resumed:]) == {step: loss for step, loss in losses(whole).items() if step > 6}


def test_same_seed_same_losses(tmp_path: Path) -> None:
    first = losses(run(tmp_path / "one", on_gpu(tiny(tmp_path))))
    assert first == losses(run(tmp_path / "two", on_gpu(tiny(tmp_path))))


def test_both_devices_start_from_the_same_weights_and_text(tmp_path: Path) -> None:
    there, here = (
        losses(run(tmp_path / d, on_gpu(tiny(tmp_path)) if d == "gpu" else tiny(tmp_path))) for d in ("gpu", "cpu")
    )
    assert there[1] == pytest.approx(here[1], rel=1e-3)


def _memory(documents: list[AnyDocument]) -> dict[str, float | None]:
    for document in documents:
        if isinstance(document, Sample) and "vram_allocated_bytes" in document.values:
            return document.values
    raise AssertionError("no memory reading")


def test_the_three_kinds_of_vram_are_told_apart(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", on_gpu(tiny(tmp_path)))
    values = _memory(documents)
    allocated, reserved, used = (values[f"vram_{kind}_bytes"] for kind in ("allocated", "reserved", "used"))
    assert allocated is not None
    assert reserved is not None
    assert used is not None
    assert 0 < allocated <= reserved <= used
    assert isinstance(documents[0], RunStarted)
    assert documents[0].device_name == torch.cuda.get_device_name(0)
    assert ended(documents).summary["peak_memory_bytes"] >= allocated
