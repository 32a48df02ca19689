"""A replay is the record with its own timing, whoever asks for it how often."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.events.documents import RunEnded, Sample
from gpulab.runs.replay import Replay, replay
from gpulab.spec.problem import BadInput
from tests.runs.test_store import record


def samples(*times: float) -> list[Sample]:
    return [Sample(at=at, step=n, tokens=n, seconds=at, values={}) for n, at in enumerate(times)]


def played_at(now: list[float], *times: float, speed: float = 1.0) -> Replay:
    return Replay(times, samples(*times), speed, clock=lambda: now[0])


def test_documents_come_when_they_came(now: list[float]) -> None:
    played = played_at(now, 100.0, 101.0, 102.0, 160.0, speed=2.0)
    assert [d.at for d in played.poll()] == [100.0]
    now[0] = 0.49
    assert played.poll() == []
    now[0] = 1.0
    assert [d.at for d in played.poll()] == [101.0, 102.0]
    now[0] = 3.5  # the minute between is cut to five seconds
    assert [d.at for d in played.poll()] == [160.0]
    assert played.over


def test_speed_changes_where_it_stands(now: list[float]) -> None:
    played = played_at(now, 0.0, 1.0, 2.0, 3.0)
    now[0] = 1.0
    assert len(played.poll()) == 2
    played.speed = 0.0
    now[0] = 100.0
    assert played.poll() == []
    played.speed = 4.0
    now[0] = 100.5
    assert len(played.poll()) == 2


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@given(st.lists(st.floats(0, 1e6), max_size=20), st.lists(st.floats(0, 1e3), max_size=10))
def test_every_document_comes_once_in_order(times: list[float], looks: list[float]) -> None:
    clock = [0.0]
    documents = samples(*times)
    played = Replay(times, documents, clock=lambda: clock[0])
    seen = []
    for look in [*sorted(looks), 1e9]:
        clock[0] = look
        seen += played.poll()
    assert seen == documents
    assert played.over


def test_a_record_is_replayed_to_its_end(run_dir: Path) -> None:
    played = replay(record(run_dir), speed=1e9)
    seen = played.poll()
    while not played.over:
        seen += played.poll()
    assert isinstance(seen[-1], RunEnded)
    assert played.ended == seen[-1]


def test_nothing_recorded_is_said(run_dir: Path) -> None:
    with pytest.raises(BadInput, match="nothing_recorded"):
        replay(run_dir)
