"""The names that `gpulab lesson check` knows are those that runs write."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.events.documents import Examined, RunEnded, SeriesDeclared
from gpulab.lessons.measured import FOUND, SERIES, SUMMARY
from tests.engine.support import run, tiny

ROOT = Path(__file__).parents[2] / "gpulab"
WRITTEN = "".join(
    path.read_text(encoding="utf-8") for part in ("engine", "techniques") for path in (ROOT / part).rglob("*.py")
)
_NO_NUMBER = {"comparable", "energy_source", "compute_type", "slices", "compressed"}


def test_whatever_a_run_tells_is_known(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, steps=4))
    assert {one.key for one in documents if isinstance(one, SeriesDeclared)} <= SERIES
    ended = next(one for one in documents if isinstance(one, RunEnded))
    assert ended.summary.keys() - _NO_NUMBER <= SUMMARY
    for one in documents:
        if isinstance(one, Examined):
            assert one.values.keys() <= FOUND[one.name]


@pytest.mark.parametrize(
    "name", sorted(SERIES | SUMMARY | {value for values in FOUND.values() for value in values} | FOUND.keys())
)
def test_whatever_is_known_is_written_by_something(name: str) -> None:
    assert f'"{name}"' in WRITTEN
