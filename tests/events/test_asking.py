"""Whoever asks whether a run is locked must not be taken for a worker by others who ask at the same moment."""

from __future__ import annotations

import threading
from pathlib import Path

from gpulab.events.log import LOCK, EventLog, is_locked


def answers(run_dir: Path, threads: int = 8, times: int = 40) -> set[bool]:
    """What many get to hear who all ask at once."""
    told, begin = set[bool](), threading.Barrier(threads)

    def ask() -> None:
        begin.wait()
        told.update(is_locked(run_dir) for _ in range(times))

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return told


def test_who_asks_is_no_worker(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    assert answers(tmp_path) == {False}


def test_a_worker_is_one_for_everybody(tmp_path: Path) -> None:
    with EventLog(tmp_path):
        assert answers(tmp_path, threads=4, times=3) == {True}
    assert answers(tmp_path, threads=4, times=3) == {False}
