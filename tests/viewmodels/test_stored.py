"""A run that is read from its columns is what it was while somebody followed it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.events.documents import AnyDocument, ArtifactSaved, Notice, RunEnded, RunResumed, TextGenerated
from gpulab.runs import columns
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.series import RunSeries
from gpulab.viewmodels.stored import take_stored
from gpulab.viewmodels.track import Track
from tests.runs.stand_in import first
from tests.runs.test_columns import RESUMES, SAMPLES, trained, write

OTHERS = st.one_of(
    st.builds(Notice, at=st.just(1.0), key=st.sampled_from(["preparing", "paused", "continued", "judging", "spike"])),
    st.builds(TextGenerated, at=st.just(1.0), step=st.integers(0, 12), prompt=st.just("a"), text=st.just("b")),
    st.builds(
        ArtifactSaved,
        at=st.just(1.0),
        kind=st.sampled_from(["checkpoint", "model"]),
        path=st.just("x"),
        step=st.integers(0, 12),
        bytes=st.just(1),
    ),
    st.builds(RunEnded, at=st.just(1.0), status=st.sampled_from(["done", "failed"]), step=st.integers(0, 12)),
    st.just(first(1, 1.0, 12)),
)
FACTS = (
    "state",
    "started",
    "ended",
    "step",
    "tokens",
    "seconds",
    "latest",
    "best_val_loss",
    "best_step",
    "texts",
    "pace",
)
MORE = ("peak_memory_bytes", "saved", "resumes_at", "notices", "resumed_at", "steps_per_s")


def fresh() -> RunRecord:
    return RunRecord("run", Path("/nowhere"), "Run")


def read(run_dir: Path) -> RunRecord:
    record = fresh()
    take_stored(record, columns.read(run_dir))
    return record


def same(stored: RunSeries, followed: RunSeries) -> None:
    assert stored.keys == followed.keys
    assert stored.tokens_per_epoch == followed.tokens_per_epoch
    for name in ("step", "tokens", "seconds"):
        assert getattr(stored, name).tolist() == getattr(followed, name).tolist()
    for key in (*followed.keys, "unheard_of"):
        assert np.array_equal(stored.values(key), followed.values(key), equal_nan=True)
        assert stored.last(key) == followed.last(key)


@given(st.lists(SAMPLES | SAMPLES | RESUMES | OTHERS, max_size=30), st.lists(SAMPLES | RESUMES, max_size=5))
def test_a_run_read_from_columns_is_what_following_it_told(
    tmp_path_factory: pytest.TempPathFactory, said: list[AnyDocument], later: list[AnyDocument]
) -> None:
    run_dir, followed = write(tmp_path_factory.mktemp("run"), said), fresh()
    followed.take(said)
    stored = read(run_dir)
    for fact in (*FACTS, *MORE):
        assert getattr(stored, fact) == getattr(followed, fact), fact
    same(stored.series, followed.series)
    stored.take(later)  # somebody resumed it in this window
    followed.take(later)
    same(stored.series, followed.series)


@given(st.lists(SAMPLES, max_size=20), st.lists(SAMPLES | RESUMES, max_size=8))
def test_a_line_on_stored_samples_is_the_line_on_followed_ones(
    tmp_path_factory: pytest.TempPathFactory, said: list[AnyDocument], later: list[AnyDocument]
) -> None:
    records = [read(write(tmp_path_factory.mktemp("run"), said)), fresh()]
    records[1].take(said)
    tracks = [Track(record.series, "train_loss") for record in records]
    for documents in ([], *([document] for document in later)):
        for record, track in zip(records, tracks, strict=True):
            record.take(documents)
            track.sync(0.6)
        stored, followed = tracks
        assert stored.raw.tolist() == followed.raw.tolist()
        assert stored.smoothed == pytest.approx(followed.smoothed)
        across, along = stored.x("step"), followed.x("step")
        assert across is not None
        assert along is not None
        assert across.tolist() == along.tolist()


def test_stored_samples_are_not_copied_until_the_run_goes_on(tmp_path: Path) -> None:
    found = columns.read(write(tmp_path, trained(100)))
    found = columns.read(tmp_path)  # this time from the file
    series = RunSeries.of(found)
    assert np.shares_memory(series.values("train_loss"), found.values("train_loss"))
    assert np.shares_memory(series.step, found.step)
    series.supersede(50)
    series.add(51, 408, 25.5, {"train_loss": 9.0})
    assert (len(series), series.last("train_loss"), len(found)) == (51, 9.0, 100)
    assert found.values("train_loss")[50] == 1 / 51


def test_the_best_look_is_found_again_after_a_resume(tmp_path: Path) -> None:
    said: list[AnyDocument] = [*trained(20), RunResumed(from_step=10, pid=1, pid_started=0.0), *trained(5, 10)]
    record = read(write(tmp_path, said))
    assert (record.best_val_loss, record.best_step, record.step) == (5, 5, 15)
    assert record.resumed_at == [10]
