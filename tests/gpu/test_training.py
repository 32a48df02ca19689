"""The same training contract as on the CPU, kept on a CUDA device."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.events.documents import AnyDocument, RunStarted, Sample
from tests.engine.support import assert_resumes_exactly, ended, losses, run, tiny
from tests.engine.variants import VARIANTS, name_of
from tests.gpu.support import tiny_on_gpu


@pytest.mark.parametrize("variant", [*VARIANTS, {"precision": {"mode": "tf32"}}], ids=name_of)
def test_every_technique_trains_and_resumes_exactly(tmp_path: Path, variant: dict[str, dict[str, Any]]) -> None:
    assert_resumes_exactly(tmp_path, tiny_on_gpu(tmp_path, variant))


def test_same_seed_same_losses(tmp_path: Path) -> None:
    first = losses(run(tmp_path / "one", tiny_on_gpu(tmp_path)))
    assert first == losses(run(tmp_path / "two", tiny_on_gpu(tmp_path)))


def test_both_devices_start_from_the_same_weights_and_text(tmp_path: Path) -> None:
    there, here = (
        losses(run(tmp_path / d, tiny_on_gpu(tmp_path) if d == "gpu" else tiny(tmp_path))) for d in ("gpu", "cpu")
    )
    assert there[1] == pytest.approx(here[1], rel=1e-3)


def _memory(documents: list[AnyDocument]) -> dict[str, float | None]:
    for document in documents:
        if isinstance(document, Sample) and "vram_allocated_bytes" in document.values:
            return document.values
    raise AssertionError("no memory reading")


def test_the_three_kinds_of_vram_are_told_apart(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny_on_gpu(tmp_path))
    values = _memory(documents)
    allocated, reserved, used = (values[f"vram_{kind}_bytes"] for kind in ("allocated", "reserved", "used"))
    assert allocated is not None
    assert reserved is not None
    assert used is not None
    assert 0 < allocated <= reserved <= used
    assert isinstance(documents[0], RunStarted)
    assert documents[0].device_name == torch.cuda.get_device_name(0)
    assert ended(documents).summary["peak_memory_bytes"] >= allocated
