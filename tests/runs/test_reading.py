"""A digest is the same whether a record was read at once or as it grew, and reading it holds little."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.events.documents import AnyDocument, ArtifactSaved, RunEnded, RunResumed, RunStarted, Sample
from gpulab.events.log import EventLog
from gpulab.events.reader import Reader
from gpulab.runs.digest import Digest
from gpulab.runs.queue import Queue
from gpulab.runs.reading import Reading, digest_of
from gpulab.runs.replay import replay
from gpulab.runs.resuming import resumable
from tests.runs.conftest import Start, wait_until
from tests.runs.stand_in import first
from tests.runs.test_store import record


def sample(step: int, **values: float) -> Sample:
    return Sample(step=step, tokens=step * 8, seconds=step / 2, values={**values})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[AnyDocument]:
    """Every document that was read from now on."""
    seen: list[AnyDocument] = []
    poll = Reader.poll

    def counted(self: Reader) -> list[AnyDocument]:
        documents = poll(self)
        seen.extend(documents)
        return documents

    monkeypatch.setattr(Reader, "poll", counted)
    return seen


@given(st.lists(st.integers(0, 30), max_size=6))
def test_a_digest_grows_as_it_would_be_read_at_once(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    run_dir = tmp_path_factory.mktemp("run")
    grown = Reading()
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, 3)])
        for size in sizes:
            log.append([sample(step, train_loss=step) for step in range(size)])
            grown.catch_up(run_dir)
    assert grown.catch_up(run_dir) == Reading().catch_up(run_dir) == digest_of(run_dir)


def test_a_digest_that_was_given_stays_as_it_is(run_dir: Path) -> None:
    before = digest_of(record(run_dir, 3, end=False))
    with EventLog(run_dir) as log:
        log.append([sample(4, val_loss=1.0)])
    assert (before.step, "val_loss" in before.values) == (3, False)
    assert digest_of(run_dir).values["val_loss"] == 1.0


def test_another_file_in_its_place_is_read_anew(root: Path, run_dir: Path) -> None:
    digest_of(record(run_dir, 3))
    (run_dir / "events.jsonl").unlink()
    assert digest_of(run_dir) == Digest()
    assert digest_of(record(run_dir, 50)).documents == 52


def test_the_queue_looks_at_what_is_new_alone(run_dir: Path, start: Start, read: list[AnyDocument]) -> None:
    queue = Queue(run_dir.parent)
    queue.add(run_dir)
    begun = queue.advance(lambda folder: start(folder, "silent"))
    assert begun is not None
    wait_until(lambda: digest_of(run_dir).step == 1000)
    read.clear()
    for _ in range(10):
        assert queue.current() == run_dir
        assert queue.advance() is None
    assert read == []


def test_a_long_record_is_never_held_whole(run_dir: Path) -> None:
    with EventLog(run_dir) as log:
        for start in range(0, 40_000, 4_000):
            log.append([sample(step, train_loss=1.0, grad_norm=2.0) for step in range(start, start + 4_000)])
        log.append([ArtifactSaved(kind="checkpoint", path="experiment.toml", step=9, bytes=1)])
    tracemalloc.start()
    try:
        assert Reading().catch_up(run_dir).documents == 40_001
        assert resumable(run_dir) == 9
        assert replay(run_dir).duration_s >= 0
        assert tracemalloc.get_traced_memory()[1] < 12e6  # the documents together take 30 MB
    finally:
        tracemalloc.stop()


def test_resuming_takes_back_what_came_after_the_checkpoint(run_dir: Path) -> None:
    started = first(0, 0.0, 100)
    assert isinstance(started, RunStarted)
    digest = Digest()
    digest.add([started, sample(5, val_loss=3.0), sample(10, train_loss=1.0)])
    digest.add([RunEnded(status="failed", step=10, reason="crashed", summary={"val_loss": 3.0})])
    digest.add([RunResumed(from_step=5, pid=1, pid_started=0.0)])
    assert (digest.status, digest.reason, digest.summary, digest.ended_at) == (None, "", {}, 0.0)
    assert (digest.step, digest.tokens, digest.seconds) == (5, 40, 2.5)
    assert digest.values == {"val_loss": 3.0}
