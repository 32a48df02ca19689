"""Thousands of runs: the table takes them at once, and keeps up with what others start and delete."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gpulab.bench.recorded import make_run, make_store
from gpulab.runs import store
from gpulab.ui.lab.runs_model import RunsFilter, RunsModel
from gpulab.ui.main_window import MainWindow
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS
from tests.ui.window import answer, root, until, window_on

__all__ = ["root"]


def runs(count: int) -> list[RunRecord]:
    made = []
    for number in range(count):
        run = RunRecord(f"run-{number:05d}", Path("/nowhere"), f"Run {number}")
        run.latest = {"val_loss": (number * 7919 % count) / count}
        run.listed_techniques = ("pruning",) if number % 4 == 0 else ()
        run.state = "done"
        made.append(run)
    return made


@pytest.fixture
def model() -> RunsModel:
    return RunsModel(lambda run_id, name: None)


def names(shown: RunsFilter) -> list[str]:
    return [shown.run_at(row).name for row in range(shown.rowCount())]


def test_ten_thousand_rows_come_sort_and_filter_at_once(model: RunsModel) -> None:
    shown, all_runs = RunsFilter(model), runs(10_000)
    began = time.process_time()
    model.put_all(all_runs)
    assert shown.rowCount() == 10_000
    shown.sort(next(place for place, column in enumerate(COLUMNS) if column.key == "val_loss"))
    shown.set_words("run pruning")
    assert shown.rowCount() == 2_500
    assert time.process_time() - began < 2.0  # a tenth of that on a machine at rest; one by one it took minutes
    figures = [shown.run_at(row).latest["val_loss"] for row in range(shown.rowCount())]
    assert figures == sorted(figures)
    shown.set_words("")
    shown.sort(-1)
    assert names(shown) == [run.name for run in all_runs]


def test_rows_that_go_leave_the_others_in_their_order(model: RunsModel) -> None:
    shown, all_runs = RunsFilter(model), runs(8)
    model.put_all(all_runs)
    shown.sort(4, Qt.SortOrder.DescendingOrder)
    before = names(shown)
    model.drop(["run-00003", "unheard-of"])
    model.drop(["run-00001", "run-00006"])
    assert names(shown) == [name for name in before if name not in ("Run 3", "Run 1", "Run 6")]
    assert all(model.run_at(model.index_of(run.run_id).row()) is run for run in all_runs if run.name in names(shown))
    model.put_all(runs(8)[:2])  # one comes again, one is replaced
    assert len(names(shown)) == 6


def test_a_selection_stays_on_its_run_when_rows_are_sorted(root: Path, qtbot: QtBot) -> None:
    make_store(root, 12, records=6, steps=60)
    with window_on(root, qtbot) as window:
        run_id = list(window.session.records)[5]
        window.runs.select(run_id)
        window.runs.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        assert window.runs.selection() == [run_id]
        window.runs.table.selectAll()
        chosen = window.runs.selection()
        assert (chosen[0], sorted(chosen)) == (run_id, sorted(window.session.records))


def shown_ids(window: MainWindow) -> set[str]:
    return {window.runs.filter.run_at(row).run_id for row in range(window.runs.filter.rowCount())}


def test_what_others_start_and_delete_comes_and_goes(root: Path, qtbot: QtBot) -> None:
    make_store(root, 3, records=3, steps=60)
    with window_on(root, qtbot) as window:
        first, *others = window.session.records
        window.runs.select(first)
        until(qtbot, lambda: window.session.current is not None and window.session.current.complete)
        store.delete(root / first)
        make_run(root / "20990101-000000-other-0000", 7, 60)
        window.session.look()
        until(qtbot, lambda: first not in window.session.records and len(window.session.records) == 3)
        assert shown_ids(window) == {*others, "20990101-000000-other-0000"}
        assert window.session.current is None
        root.rename(root.with_name("away"))  # a disk that was taken away: nothing is known to be deleted
        window.session.look()
        qtbot.wait(50)
        root.with_name("away").rename(root)
        assert len(window.session.records) == 3


def test_deleted_runs_come_back(root: Path, qtbot: QtBot) -> None:
    make_store(root, 3, records=3, steps=60)
    with window_on(root, qtbot) as window:
        assert not window.actions_["undelete"].isEnabled()
        first, second, _ = window.session.records
        window.runs.table.selectAll()
        window.session.delete([first, second])
        until(qtbot, lambda: len(window.session.records) == 1)
        assert not (root / first).exists()
        window.runs.table.selectAll()
        window.actions_["delete"].trigger()
        answer(window, "delete_dialog", "delete")
        until(qtbot, lambda: not window.session.records)
        window.actions_["undelete"].trigger()
        until(qtbot, lambda: len(window.session.records) == 1)
        window.actions_["undelete"].trigger()
        until(qtbot, lambda: len(window.session.records) == 3)
        assert shown_ids(window) == {path.name for path in root.iterdir() if path.name[0] == "2"}
        assert not window.actions_["undelete"].isEnabled()


def test_of_very_many_selected_runs_some_curves_are_drawn(root: Path, qtbot: QtBot) -> None:
    make_store(root, 100, records=2, steps=20)
    with window_on(root, qtbot) as window:
        grid = window.charts.grid
        assert grid is not None
        window.runs.table.selectAll()
        assert len(window.runs.selection()) == 100
        until(qtbot, lambda: len(grid.state.runs) == 60)
        window.runs.table.selectRow(99)
        until(qtbot, lambda: len(grid.state.runs) == 1)


def test_long_reading_is_told_and_short_reading_is_not(
    root: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_store(root, 2, records=2, steps=20)
    with window_on(root, qtbot) as window:
        told: list[str] = []
        window.status.messageChanged.connect(told.append)
        window.session.reading.emit("short", 0.0)
        window.session.reading.emit("short", 1.0)
        assert told == []
        monkeypatch.setattr("gpulab.ui.run_news._WORTH_TELLING_S", -1.0)
        window.session.reading.emit("long", 0.25)
        window.session.reading.emit("long", 1.0)
        window.session.arrivals.progress.emit(1280, 10000)
        assert told == ["Reading the curves of “long”: 25 % …", "", "Reading runs: 1,280 of 10,000 …"]
