"""What comes before the first step: the first figure as early as can be, and none of it on the training's clock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpulab.engine import run as running
from gpulab.engine.probes.memory import ProcessMemory
from gpulab.events.documents import Sample
from gpulab.events.log import read_all
from tests.engine.support import ended, run, tiny

MIB = 1 << 20


def test_the_untrained_model_is_looked_at_before_batches_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, before = vars(running)["batches_for"], list[Any]()

    def noting(*arguments: Any) -> Any:
        before.extend(document for document in read_all(tmp_path / "run") if isinstance(document, Sample))
        return make(*arguments)

    monkeypatch.setattr(running, "batches_for", noting)
    run(tmp_path / "run", tiny(tmp_path, steps=2))
    assert [(sample.step, "val_loss" in sample.values) for sample in before] == [(0, True)]


def test_reading_the_first_batch_ahead_is_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = running.Run._count_tensor_bytes

    def slowly(one: running.Run) -> int:
        time.sleep(1.0)
        return count(one)

    monkeypatch.setattr(running.Run, "_count_tensor_bytes", slowly)
    seconds = ended(run(tmp_path / "run", tiny(tmp_path, steps=2))).summary["train_seconds"]
    assert 0.0 < seconds < 1.0


def test_what_is_held_meanwhile_is_no_peak() -> None:
    probe = ProcessMemory()
    before = probe.peak_bytes()
    probe.hold_peak()
    notes = np.ones(128 * MIB, np.uint8)
    probe.read()
    assert probe.peak_bytes() < before + 64 * MIB
    del notes
    probe.release_peak()
    assert probe.peak_bytes() < before + 64 * MIB
    kept = np.ones(128 * MIB, np.uint8)
    assert probe.peak_bytes() > before + 100 * MIB
    del kept
