"""A figure that compares with no other run is marked wherever it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpulab.cli.listing import _row
from gpulab.cli.summary import _in_words
from gpulab.runs.store import Store
from gpulab.ui.lab.words import FIGURES
from gpulab.viewmodels.loading import listed
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS
from gpulab.viewmodels.story import story_of
from tests.engine.support import ended, run, tiny, write_text


def _shown(folder: Path, techniques: dict[str, dict[str, Any]]) -> tuple[RunRecord, dict[str, Any]]:
    write_text(folder)
    text = folder / "text.txt"
    text.write_text(text.read_text().title())
    documents = run(folder / "run", tiny(folder, techniques))
    record = RunRecord("id", folder / "run", "tiny")
    record.take(documents)
    return record, ended(documents).summary


@pytest.mark.parametrize("lowered", [True, False])
def test_changed_text_is_marked_and_untouched_text_is_not(tmp_path: Path, lowered: bool) -> None:
    record, summary = _shown(tmp_path, {"lower_casing": {}} if lowered else {"deduplication": {}})
    assert summary["comparable"] is not lowered
    assert (summary["lost_share"] > 0.1) == lowered
    story = story_of(record)
    assert story.result is not None
    keys = {figure.key for figure in story.result.figures}
    assert ("quality_apart" in keys, "quality" in keys) == (lowered, not lowered)
    assert "no other run" in FIGURES["quality_apart"][1]
    column = next(column for column in COLUMNS if column.key == "bits_per_byte")
    assert column.text(record).endswith("*") == lowered
    (from_disk,) = listed(Store(tmp_path))
    assert column.text(from_disk).endswith("*") == lowered
    words = _in_words({**summary, "status": "done", "sentence": "", "run_dir": "x"})
    assert ("cannot be compared" in words) == lowered
    (entry,) = Store(tmp_path).runs()
    assert _row(entry)[3].endswith("*") == lowered
