"""The list of comparisons: newest first, damaged ones with their problem, deleting takes nothing away for good."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gpulab.comparisons import folder, listing, variants
from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.runs import trash
from gpulab.runs.trash import TRASH_DAYS
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput

NANO = experiment_from("nano")


def made(root: Path, stamp: str, technique: str = "dropout") -> Path:
    return folder.create_at(root / f"{stamp}-x", *variants.with_and_without(NANO, technique))


def test_the_newest_comes_first_with_its_sides_and_state(tmp_path: Path) -> None:
    old = made(tmp_path, "20260101-120000")
    new = made(tmp_path, "20260301-120000", "ema")
    with EventLog(old) as log:
        log.append([RunEnded(status="done", step=0)])
    (tmp_path / "no comparison").mkdir()
    found = listing.comparisons(tmp_path)
    assert [(one.folder, one.state) for one in found] == [(new, "waiting"), (old, "done")]
    assert found[1].name == "Dropout: with and without"
    assert found[1].arms == ("without", "with Dropout (rate 0.1)")
    assert found[0].at > found[1].at
    assert listing.comparisons(tmp_path / "nowhere") == []


def test_a_damaged_one_is_listed_with_its_problem(tmp_path: Path) -> None:
    damaged = made(tmp_path, "20260101-120000")
    (damaged / "comparison.json").write_text("{")
    (found,) = listing.comparisons(tmp_path)
    assert found.name == damaged.name
    assert found.problem is not None
    assert found.problem.key == "comparison_unreadable"


def test_a_deleted_one_can_be_taken_back_for_a_while(tmp_path: Path) -> None:
    where = made(tmp_path, "20260101-120000")
    trashed = listing.delete(where)
    assert listing.comparisons(tmp_path) == []
    assert trash.restore(trashed) == where
    assert len(listing.comparisons(tmp_path)) == 1
    trashed = listing.delete(where)
    long_ago = time.time() - (TRASH_DAYS + 1) * 86400
    os.utime(trashed, (long_ago, long_ago))
    listing.comparisons(tmp_path)
    assert not trashed.exists()
    with pytest.raises(BadInput, match="comparison_missing"):
        listing.delete(where)
