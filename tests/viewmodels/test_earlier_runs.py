"""A run can start only from one that left a trained model; the newest is the likeliest."""

from __future__ import annotations

from pathlib import Path

from gpulab.viewmodels.loading import with_weights
from gpulab.viewmodels.record import RunRecord


def test_runs_with_a_model_are_listed_newest_first(tmp_path: Path) -> None:
    records = [RunRecord(name, tmp_path / name, f"run {name}") for name in ("2026-01", "2026-02", "2026-03")]
    for record in records:
        record.folder.mkdir()
    for record in (records[0], records[2]):
        (record.folder / "model.safetensors").touch()
    assert with_weights(records) == [("run 2026-03", tmp_path / "2026-03"), ("run 2026-01", tmp_path / "2026-01")]
