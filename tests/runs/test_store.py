"""The list of runs is quick, whole, and never stumbles over a damaged folder."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gpulab.events.documents import RunEnded, Sample
from gpulab.events.log import EventLog, read_all
from gpulab.runs import folder, store, trash
from gpulab.runs.index import INDEX
from gpulab.runs.reading import digest_of
from gpulab.runs.store import Store
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from tests.runs.conftest import Start, wait_until
from tests.runs.stand_in import first


def record(run_dir: Path, steps: int = 3, end: bool = True) -> Path:
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, steps)])
        log.append(
            [Sample(step=n, tokens=n, seconds=n, values={"train_loss": 1 / n, "x": None}) for n in range(1, steps + 1)]
        )
        if end:
            log.append([RunEnded(status="done", step=steps, summary={"val_loss": 0.25})])
    return run_dir


def test_a_finished_run_is_listed_with_its_figures(root: Path, run_dir: Path) -> None:
    record(run_dir)
    (entry,) = Store(root).runs()
    assert (entry.name, entry.state, entry.digest.summary) == ("Stand-in", "done", {"val_loss": 0.25})
    assert entry.digest.values == {"train_loss": 1 / 3, "x": None}


def test_what_is_remembered_is_what_is_read(root: Path) -> None:
    for _ in range(3):
        record(folder.create(root, Experiment()))
    fresh = Store(root).runs()
    assert (root / INDEX).exists()
    assert Store(root).runs() == fresh


def test_only_what_is_new_is_read_again(root: Path, run_dir: Path) -> None:
    record(run_dir, 3, end=False)
    known = Store(root)
    with EventLog(run_dir) as log:  # somebody is at work
        assert known.runs()[0].digest.step == 3
        log.append([Sample(step=4, tokens=4, seconds=4, values={"train_loss": 0.1})])
        assert known.runs()[0].digest.step == 4
    assert known.runs()[0].digest.documents == 6  # with the ending that looking wrote


def test_hundreds_of_runs_list_in_a_tenth_of_a_second(root: Path) -> None:
    for _ in range(300):
        record(folder.create(root, Experiment()))
    Store(root).runs()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert len(Store(root).runs()) == 300
        times.append(time.perf_counter() - began)
    assert min(times) < 0.1


def test_damaged_folders_are_listed_with_their_problem(root: Path) -> None:
    (root / "20200101-000000-empty-0000").mkdir(parents=True)
    broken = folder.create(root, Experiment())
    (broken / "experiment.toml").write_bytes(b"\xff\xfename = ")
    damaged = record(folder.create(root, Experiment()))
    lines = (damaged / "events.jsonl").read_bytes().splitlines(keepends=True)
    (damaged / "events.jsonl").write_bytes(lines[0] + b"{garbage}\n" + b"".join(lines[1:]))
    (damaged / "meta.json").write_bytes(b"{")
    (root / INDEX).write_bytes(b"\x00\x01")
    problems = {entry.run_dir: entry.problem.key for entry in Store(root).runs() if entry.problem}
    assert problems == {
        root / "20200101-000000-empty-0000": "run_missing",
        broken: "experiment_unreadable",
        damaged: "events_damaged",
    }


@pytest.mark.parametrize("share", [0.0, 0.1, 0.33, 0.5, 0.77, 0.99])
def test_a_record_cut_anywhere_is_listed(root: Path, run_dir: Path, share: float) -> None:
    path = record(run_dir, 20) / "events.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    (entry,) = Store(root).runs()
    assert entry.problem is None
    assert entry.state in ("queued", "vanished")


def test_a_renamed_run_keeps_its_colour(root: Path, run_dir: Path) -> None:
    color = folder.meta_of(run_dir).color
    store.rename(run_dir, " The good one ")
    (entry,) = Store(root).runs()
    assert (entry.name, entry.color) == ("The good one", color)
    store.rename(run_dir, "")
    assert Store(root).runs()[0].name == "GPT mini"


def test_deleting_is_refused_while_it_runs_and_can_be_undone(root: Path, run_dir: Path, start: Start) -> None:
    worker = start(run_dir)
    with pytest.raises(BadInput, match="run_is_running"):
        store.delete(run_dir)
    worker.kill()
    wait_until(lambda: not worker.alive)
    trashed = store.delete(run_dir)
    assert Store(root).runs() == []
    assert trash.restore(trashed) == run_dir
    assert len(Store(root).runs()) == 1


def test_trash_is_deleted_for_good_after_its_days(root: Path) -> None:
    old, young = (record(folder.create(root, Experiment())) for _ in range(2))
    os.utime(old, (0, 0))
    os.utime(young, (0, 0))  # how old a run is does not count: its days begin when it is deleted
    trashed = [store.delete(run_dir) for run_dir in (old, young)]
    assert Store(root).runs() == []
    assert all(path.exists() for path in trashed)
    long_ago = time.time() - (trash.TRASH_DAYS * 86400 + 60)
    os.utime(trashed[0], (long_ago, long_ago))
    stranger = root / trash.TRASH / "no run of ours"
    stranger.mkdir()
    os.utime(stranger, (0, 0))
    assert Store(root).runs() == []
    assert [path.exists() for path in (*trashed, stranger)] == [False, True, True]


def test_listing_ends_the_runs_of_workers_that_are_gone(root: Path, run_dir: Path) -> None:
    record(run_dir, end=False)
    (entry,) = Store(root).runs()
    assert (entry.state, entry.digest.reason) == ("vanished", "worker_vanished")
    assert isinstance(read_all(run_dir)[-1], RunEnded)


def test_a_root_that_is_not_there_is_an_empty_list(tmp_path: Path) -> None:
    assert Store(tmp_path / "nowhere").runs() == []
    assert not (tmp_path / "nowhere").exists()


def test_figures_by_slice_are_left_to_the_record(root: Path, run_dir: Path) -> None:
    slices = {"words/rare": {"bits_per_byte": 2.0, "bytes": 100}}
    summary = {"test_loss": 1.0, "slices": slices, "compressed": {"test_loss": 2.0, "slices": slices}}
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, 3), RunEnded(status="done", step=3, summary=summary)])
    lean = {"test_loss": 1.0, "compressed": {"test_loss": 2.0}}
    for _ in range(2):
        (entry,) = Store(root).runs()
        assert entry.digest.summary == lean
    assert b"words/rare" not in (root / INDEX).read_bytes()
    assert digest_of(run_dir).summary == summary
