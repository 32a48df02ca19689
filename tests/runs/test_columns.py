"""Columns say what the record folds to, however they came about, and nobody has to look after their file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.events.codec import encode
from gpulab.events.documents import AnyDocument, Notice, RunEnded, RunResumed, Sample
from gpulab.events.reader import Reader
from gpulab.runs import columns
from gpulab.runs.column_file import FILE
from gpulab.viewmodels.series import RunSeries

KEYS = st.sampled_from(["train_loss", "val_loss", "rss_bytes"])
VALUES = st.none() | st.floats(-1e6, 1e6, allow_nan=False)
SAMPLES = st.builds(
    Sample,
    at=st.just(1.0),
    step=st.integers(0, 12),
    tokens=st.integers(0, 100),
    seconds=st.floats(0, 9),
    values=st.dictionaries(KEYS, VALUES, max_size=3),
)
RESUMES = st.builds(RunResumed, at=st.just(2.0), from_step=st.integers(0, 12), pid=st.just(1), pid_started=st.just(0.0))
NOTICES = st.builds(Notice, at=st.just(3.0), key=st.just("paused"))
DOCUMENTS = st.lists(SAMPLES | SAMPLES | SAMPLES | RESUMES | NOTICES, max_size=25)


def write(run_dir: Path, documents: Sequence[AnyDocument]) -> Path:
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / "events.jsonl").open("ab") as file:
        file.writelines(map(encode, documents))
    return run_dir


def folded(documents: Sequence[AnyDocument]) -> RunSeries:
    """What following the run would have kept."""
    series = RunSeries()
    for document in documents:
        if isinstance(document, Sample):
            series.add(document.step, document.tokens, document.seconds, document.values)
        elif isinstance(document, RunResumed):
            series.supersede(document.from_step)
    return series


def same(found: columns.Columns, series: RunSeries) -> None:
    assert found.keys == series.keys
    for name in ("step", "tokens", "seconds"):
        assert getattr(found, name).tolist() == getattr(series, name).tolist()
    for key in series.keys:
        whole = series.values(key)
        assert np.array_equal(found.full(key), whole, equal_nan=True)
        assert found.values(key).tolist() == whole[np.isfinite(whole)].tolist()
        assert found.steps(key).tolist() == series.step[np.isfinite(whole)].tolist()


@given(st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_columns_are_what_the_record_folds_to(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[AnyDocument]]
) -> None:
    run_dir, said = tmp_path_factory.mktemp("run"), []
    for part in parts:
        write(run_dir, part)
        said += part
        same(columns.read(run_dir), folded(said))
        same(columns.read(run_dir), folded(said))
    others = [document for document in said if not isinstance(document, Sample)]
    assert [document for _, document in columns.read(run_dir).others()] == others


def trained(steps: int, begin: int = 0) -> list[AnyDocument]:
    return [
        Sample(
            step=n, tokens=n * 8, seconds=n / 2, values={"train_loss": 1 / n, **({"val_loss": n} if n % 5 == 0 else {})}
        )
        for n in range(begin + 1, begin + steps + 1)
    ]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each look at the record took in."""
    looks: list[int] = []
    poll = Reader.poll

    def counted(self: Reader) -> list[AnyDocument]:
        before = self.offset
        documents = poll(self)
        if self.offset > before:
            looks.append(self.offset - before)
        return documents

    monkeypatch.setattr(Reader, "poll", counted)
    return looks


def test_a_record_is_read_once_and_then_only_what_was_added(tmp_path: Path, read: list[int]) -> None:
    run_dir = write(tmp_path, trained(50))
    columns.read(run_dir)
    read.clear()
    assert len(columns.read(run_dir)) == 50
    assert read == []
    added = trained(20, 50)
    write(run_dir, added)
    assert columns.read(run_dir).steps("val_loss").tolist() == list(range(5, 71, 5))
    assert read == [sum(len(encode(document)) for document in added)]


def test_little_that_is_new_is_not_worth_a_new_file_until_the_run_ends(tmp_path: Path) -> None:
    run_dir = write(tmp_path, trained(100))
    columns.read(run_dir)
    kept = (run_dir / FILE).read_bytes()
    write(run_dir, trained(1, 100))
    assert len(columns.read(run_dir)) == 101
    assert (run_dir / FILE).read_bytes() == kept
    write(run_dir, [RunEnded(status="done", step=101)])
    assert len(columns.read(run_dir)) == 101
    assert (run_dir / FILE).read_bytes() != kept


@pytest.mark.parametrize("damage", ["cut", "flipped", "zeros", "empty", "other format", "folder"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    run_dir = write(tmp_path, trained(60))
    columns.read(run_dir)
    path = run_dir / FILE
    good = path.read_bytes()
    bad = {
        "cut": good[:-9],
        "flipped": good[:-200] + bytes([good[-200] ^ 1]) + good[-199:],
        "zeros": good[:600] + b"\0" * (len(good) - 600),
        "empty": b"",
        "other format": good.replace(b'"format":1', b'"format":9', 1),
    }
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(bad[damage])
    same(columns.read(run_dir), folded(trained(60)))
    if damage != "folder":
        assert path.read_bytes() == good


@pytest.mark.parametrize("change", ["another", "edited", "shorter", "gone"])
def test_another_record_in_its_place_is_read_anew(tmp_path: Path, change: str) -> None:
    run_dir, path = write(tmp_path, trained(60)), tmp_path / "events.jsonl"
    columns.read(run_dir)
    lines = path.read_bytes()
    if change == "edited":  # as long as before, and one figure in the middle is another one
        path.write_bytes(lines.replace(b'"val_loss":30', b'"val_loss":39'))
        assert columns.read(run_dir).values("val_loss").tolist() == [5, 10, 15, 20, 25, 39, 35, 40, 45, 50, 55, 60]
        return
    path.unlink()
    now = {"another": trained(90, 5), "shorter": trained(20), "gone": []}[change]
    if now:
        write(run_dir, now)
    same(columns.read(run_dir), folded(now))


def test_a_moved_run_keeps_its_columns(tmp_path: Path, read: list[int]) -> None:
    run_dir = write(tmp_path / "here", trained(60))
    columns.read(run_dir)
    read.clear()
    shutil.copytree(run_dir, tmp_path / "there", copy_function=shutil.copyfile)
    os.utime(tmp_path / "there" / "events.jsonl", (1, 1))
    assert len(columns.read(tmp_path / "there")) == 60
    assert read == []


def test_reading_tells_how_far_it_is_and_can_be_called_off(tmp_path: Path) -> None:
    run_dir = write(tmp_path, trained(20_000))
    shares: list[float] = []

    def told(share: float, until: float) -> bool:
        shares.append(share)
        return share < until

    with pytest.raises(columns.Cancelled):
        columns.read(run_dir, lambda share: told(share, 0.3))
    assert not (run_dir / FILE).exists()
    assert shares == sorted(shares)
    assert 0.3 <= shares[-1] < 1.0
    assert len(columns.read(run_dir, lambda share: told(share, 2.0))) == 20_000
    assert shares[-1] == 1.0


def test_what_stands_before_the_damage_of_a_record_is_there(tmp_path: Path) -> None:
    run_dir = write(tmp_path, trained(10))
    with (run_dir / "events.jsonl").open("ab") as file:
        file.write(b"no document\n")
    for _ in range(2):
        found = columns.read(run_dir)
        assert (len(found), found.problem and found.problem.key) == (10, "events_damaged")


def test_a_folder_that_can_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = write(tmp_path, trained(10))

    def refuse(self: Path, content: bytes) -> int:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert len(columns.read(run_dir)) == 10
    assert [path.name for path in run_dir.iterdir()] == ["events.jsonl"]
