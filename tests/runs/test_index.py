"""Thousands of runs are listed from an index that nobody has to look after, and that never tells an old story."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gpulab.bench.recorded import make_run, make_store
from gpulab.events.documents import RunResumed
from gpulab.events.log import EventLog
from gpulab.events.reader import Reader
from gpulab.runs import files, store
from gpulab.runs.cancelling import Cancelled
from gpulab.runs.index import INDEX
from gpulab.runs.lookout import Lookout
from gpulab.runs.store import Store


def settle(root: Path) -> None:
    """As if all runs had ended a while ago."""
    past = time.time() - 60
    for path in root.iterdir():
        os.utime(path, (past, past))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    root = tmp_path / "runs"
    make_store(root, 200, records=4, steps=30)
    settle(root)
    return root


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of runs that were opened from now on."""
    found: list[Path] = []

    def read(path: Path, type_: type) -> object:
        found.append(path)
        return read_json(path, type_)

    def poll(self: Reader) -> object:
        found.append(self.run_dir)
        return poll_all(self)

    read_json, poll_all = files.read_json, Reader.poll
    for module in ("gpulab.runs.folder.read_json", "gpulab.runs.workers.read_json"):
        monkeypatch.setattr(module, read)
    monkeypatch.setattr(Reader, "poll", poll)
    return found


def test_settled_runs_are_listed_without_opening_their_files(runs: Path, opened: list[Path]) -> None:
    fresh = Store(runs).runs()
    assert len(opened) > 200
    opened.clear()
    assert Store(runs).runs() == fresh
    assert opened == []


def test_a_run_that_just_changed_is_looked_at_again(runs: Path, opened: list[Path]) -> None:
    Store(runs).runs()
    late = make_run(runs / "20990101-000000-late-0000", 1, 30)
    assert len(Store(runs).runs()) == 201
    opened.clear()
    Store(runs).runs()
    assert {late} == {path if path.is_dir() else path.parent for path in opened}


def test_what_happens_to_a_settled_run_is_seen(runs: Path) -> None:
    known = Store(runs)
    renamed, resumed, colored, *_ = (entry.run_dir for entry in known.runs())
    store.rename(renamed, "Another name")
    with EventLog(resumed) as log:
        log.append([RunResumed(from_step=10, pid=1, pid_started=0.0)])
        again = {entry.run_dir: entry for entry in known.runs()}
        assert again[resumed].state == "running"
    assert again[renamed].name == "Another name"
    assert again[colored].name.startswith("Recorded")
    assert {entry.run_dir: entry.name for entry in Store(runs).runs()}[renamed] == "Another name"


@pytest.mark.parametrize("damage", ["cut", "flipped", "format", "former", "empty", "gone"])
def test_a_damaged_index_is_made_again(runs: Path, damage: str) -> None:
    fresh = Store(runs).runs()
    path = runs / INDEX
    good = path.read_bytes()
    bad = {
        "cut": good[:-40],
        "flipped": good.replace(b'"step":30', b'"step":31', 1),
        "format": good.replace(b"runs 2", b"runs 9", 1),
        "former": b"{}",
        "empty": b"",
    }
    path.unlink()
    if damage in bad:
        path.write_bytes(bad[damage])
    assert Store(runs).runs() == fresh
    assert path.read_bytes() == good


def test_reading_is_told_and_can_be_given_up_without_losing_what_was_read(runs: Path, opened: list[Path]) -> None:
    told: list[tuple[int, int]] = []

    def go_on(done: int, of: int) -> bool:
        told.append((done, of))
        return done < 128

    with pytest.raises(Cancelled):
        Store(runs).runs(go_on)
    assert told == [(0, 200), (64, 200), (128, 200)]
    opened.clear()
    assert len(Store(runs).runs()) == 200
    assert len({path if path.is_dir() else path.parent for path in opened}) == 72


def test_two_stores_share_one_index(runs: Path) -> None:
    first, second = Store(runs), Store(runs)
    assert first.runs() == second.runs()
    make_run(runs / "20990101-000000-late-0000", 1, 30)
    assert first.runs() == second.runs() == Store(runs).runs()


def test_a_store_that_can_only_be_read_is_listed(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, content: bytes) -> int:
        raise PermissionError("read-only")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert len(Store(runs).runs()) == 200
    assert not (runs / INDEX).exists()


def test_a_lookout_sees_what_comes_and_goes_once_it_is_a_run(runs: Path) -> None:
    known = {path.name: path for path in runs.iterdir() if not path.name.startswith(".")}
    lookout = Lookout(runs)
    os.utime(runs, (time.time() - 60,) * 2)
    assert lookout.look(lambda: known) == ([], [])
    assert lookout.look(lambda: pytest.fail("nothing happened")) == ([], [])
    coming, going = runs / "20990101-000000-new-0000", known["20261000-000007-run-0007"]
    coming.mkdir()
    store.delete(going)
    assert lookout.look(lambda: known) == ([], [going.name])
    del known[going.name]
    (coming / "experiment.toml").touch()  # its folder's folder shows no sign of this
    assert lookout.look(lambda: known) == ([coming], [])


def test_a_lookout_takes_nothing_for_deleted_where_nothing_can_be_seen(tmp_path: Path) -> None:
    lookout = Lookout(tmp_path / "away")
    assert lookout.look(lambda: {"a": tmp_path / "away" / "a"}) == ([], [])
