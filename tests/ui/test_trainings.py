"""Real trainings in the window: followed, paused, stopped, killed, resumed, found again, queued, replayed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gpulab.ui.main_window import MainWindow
from gpulab.viewmodels.record import RunRecord
from tests.ui.window import PATIENCE_MS, answer, tiny, until, window_on

pytestmark = pytest.mark.timeout(400)
LONG = 100_000


def begin(window: MainWindow, qtbot: QtBot, name: str = "tiny", steps: int = 30) -> RunRecord:
    """Presses Run and waits for the first steps."""
    window.form.set_experiment(tiny(name, steps))
    window.actions_["run"].trigger()
    until(qtbot, lambda: window.session.current and window.session.current.name == name)
    until(qtbot, lambda: window.session.current and window.session.current.step > 1)
    run = window.session.current
    assert run is not None
    return run


def finish(window: MainWindow, qtbot: QtBot) -> None:
    until(qtbot, lambda: not window.session.threads)


def test_run_trains_and_tells_its_story(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        run = begin(window, qtbot)
        thread = next(iter(window.session.threads.values()))
        assert thread.isRunning()
        finish(window, qtbot)
        assert run.state == "done"
        assert len(run.series) >= 30
        assert window.charts.grid is not None
        assert run.run_id in window.charts.grid.state.runs
        until(qtbot, lambda: "Done" in window.story.now.title.text())
        until(qtbot, lambda: window.story.result.isVisibleTo(window))
        assert window.story.writing.written.text()
        assert not window.actions_["stop"].isEnabled()
        row = window.runs.model.index_of(run.run_id).siblingAtColumn(2)
        assert row.data() == "✓ Done"


def test_pause_step_and_continue(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        run = begin(window, qtbot, steps=LONG)
        window.actions_["pause"].trigger()
        until(qtbot, lambda: run.state == "paused")
        until(qtbot, window.actions_["continue"].isVisible)
        held = run.step
        window.actions_["step"].trigger()
        until(qtbot, lambda: run.step == held + 1)
        qtbot.wait(300)
        assert run.step == held + 1
        window.actions_["profile"].trigger()
        window.actions_["continue"].trigger()
        until(qtbot, lambda: any(notice.key == "profiled" for notice in run.notices))
        assert list((run.folder / "profiles").glob("step-*.trace.json.gz"))
        until(qtbot, lambda: run.step > held + 2)
        window.actions_["stop"].trigger()
        answer(window, "stop_dialog", "continue")
        assert window.session.threads
        window.actions_["stop"].trigger()
        answer(window, "stop_dialog", "stop_and_save")
        finish(window, qtbot)
        assert run.state == "stopped"
        assert window.actions_["resume"].isEnabled()


def test_a_killed_worker_leaves_the_window_alive_and_resumes(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        run = begin(window, qtbot, steps=LONG)
        until(qtbot, lambda: run.saved is not None)
        assert run.started is not None
        os.kill(run.started.pid, signal.SIGKILL)
        finish(window, qtbot)
        assert run.state == "vanished"
        assert run.ended is not None
        assert run.ended.reason == "worker_killed"
        until(qtbot, window.actions_["resume"].isEnabled)
        window.actions_["resume"].trigger()
        until(qtbot, lambda: window.session.threads)
        until(qtbot, lambda: window.session.current and window.session.current.step > run.step)
        window.session.order("stop")
        finish(window, qtbot)
        assert window.session.current is not None
        assert window.session.current.state == "stopped"


def test_closing_asks_and_the_next_window_finds_the_training(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        run = begin(window, qtbot, steps=LONG)
        window.close()
        assert window.isVisible()
        answer(window, "close_dialog", "keep")
        assert not window.isVisible()
        assert not window.session.threads or all(thread.isFinished() for thread in window.session.threads.values())
    assert run.started is not None
    assert psutil.pid_exists(run.started.pid)
    with window_on(root, qtbot) as window:
        until(qtbot, lambda: run.run_id in window.session.threads)
        found = window.session.records[run.run_id]
        until(qtbot, lambda: found.step > run.step)
        window.close()
        answer(window, "close_dialog", "stop_and_save")
        until(qtbot, lambda: not window.isVisible())
    psutil.wait_procs([psutil.Process(run.started.pid)] if psutil.pid_exists(run.started.pid) else [], timeout=20)


def test_a_second_run_waits_and_then_has_its_turn(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        first = begin(window, qtbot, "first", LONG)
        window.form.set_experiment(tiny("second"))
        window.actions_["run"].trigger()
        until(qtbot, lambda: window.queue.list.count() == 1)
        window.session.order("stop")
        until(qtbot, lambda: any(r.name == "second" and r.state == "done" for r in window.session.records.values()))
        assert first.state == "stopped"
        finish(window, qtbot)


def test_runs_are_compared_hidden_renamed_and_deleted(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        for name in ("one", "two"):
            begin(window, qtbot, name)
            finish(window, qtbot)
    with window_on(root, qtbot) as window:
        assert [run.name for run in window.session.records.values()] == ["one", "two"]
        grid = window.charts.grid
        assert grid is not None
        assert not grid.state.runs
        window.runs.table.selectAll()
        until(qtbot, lambda: len(grid.state.runs) == 2)
        one, two = window.session.records.values()
        assert one.color_index != two.color_index
        window.visibility.toggle(one.run_id)
        assert set(grid.state.runs) == {two.run_id}
        index = window.runs.filter.mapFromSource(window.runs.model.index_of(one.run_id))
        window.runs.table.selectionModel().select(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        )
        window.runs.filter.setData(index, "renamed")
        assert window.session.records[one.run_id].name == "renamed"
        window.runs.words.setText("two")
        assert window.runs.filter.rowCount() == 1
        window.runs.words.clear()
        window.runs.select(two.run_id)
        window.actions_["delete"].trigger()
        answer(window, "delete_dialog", "delete")
        until(qtbot, lambda: two.run_id not in window.session.records)
        assert not two.folder.exists()
    with window_on(root, qtbot) as window:
        assert [run.name for run in window.session.records.values()] == ["renamed"]


def test_a_recorded_run_plays_again_and_is_not_touched(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        run = begin(window, qtbot)
        finish(window, qtbot)
        record = (run.folder / "events.jsonl").read_bytes()
        window.session.replay(run.folder)
        until(qtbot, lambda: any(each.replayed and each.state == "done" for each in window.session.records.values()))
        finish(window, qtbot)
        assert (run.folder / "events.jsonl").read_bytes() == record
        assert not window.actions_["resume"].isEnabled()


def test_a_folder_that_is_no_run_is_explained(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(root, qtbot) as window:
        window.session.open_folder(tmp_path)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox, "error_dialog") is not None, timeout=PATIENCE_MS)
        box = window.findChild(QMessageBox, "error_dialog")
        assert isinstance(box, QMessageBox)
        assert "not the folder of a run" in box.text()
        box.close()
