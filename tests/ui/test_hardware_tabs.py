"""Ceilings, a step's time and memory in the real window: measured, stopped, profiled, saved, refused."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gpulab.hardware.ceilings import Ceilings, place_of
from gpulab.hardware.machine import this_machine
from gpulab.runs.ceilings import save_ceilings
from gpulab.spec.jobs import ask
from gpulab.ui.hardware import CeilingsTab, HardwarePage, MemoryTab, StepTab
from gpulab.ui.main_window import MainWindow
from gpulab.ui.theme import DARK
from tests.engine.support import run
from tests.ui.window import tiny, until, window_on

pytestmark = pytest.mark.timeout(400)
LONG = 100_000


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of one finished run."""
    root = tmp_path_factory.mktemp("measured") / "runs"
    root.mkdir()
    run(root / "20261123-120000-small-0000", tiny("small", steps=30))
    return root


def opened(window: MainWindow, number: int) -> HardwarePage:
    """The page with one of its tabs: 1 ceilings, 2 a step's time, 3 memory."""
    window.actions_["page_hardware"].trigger()
    page = window.pages.shown
    assert isinstance(page, HardwarePage)
    page.tabs.setCurrentIndex(number)
    return page


def ceilings_of(page: HardwarePage) -> CeilingsTab:
    tab = page.tabs.widget(1)
    assert isinstance(tab, CeilingsTab)
    return tab


def step_of(page: HardwarePage) -> StepTab:
    tab = page.tabs.widget(2)
    assert isinstance(tab, StepTab)
    return tab


def memory_of(page: HardwarePage) -> MemoryTab:
    tab = page.tabs.widget(3)
    assert isinstance(tab, MemoryTab)
    return tab


def test_ceilings_are_measured_or_stopped_and_the_run_stands_below_them(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        tab = ceilings_of(opened(window, 1))
        until(qtbot, lambda: tab.shown.runs)
        assert "was not measured yet" in tab.about.text()
        assert "Measure this device" in tab.meaning.text()
        assert not tab.chart.figures()
        QTest.mouseClick(tab.measuring.start, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: tab.measuring.finding.trials)
        assert window.deeds.busy
        assert tab.measuring.progress.value() > 0
        QTest.mouseClick(tab.measuring.stop, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: not tab.running)
        assert "nothing is kept" in tab.measuring.status.text()
        assert not tab.table.isVisible()
        place = place_of(this_machine(), "cpu", 0)
        speeds = dict.fromkeys(("fp32", "bf16", "fp16", "int8"), 1e12)
        save_ceilings(Ceilings(place, 0.0, speeds, 1e10, None, None, {}))  # small settings alone would keep nothing
        small = {"width": 256, "megabytes": 1, "repeats": 3}
        tab.measuring.begin(ask("ceilings", small), None)
        assert tab.measuring.stop.isVisible()
        until(qtbot, lambda: tab.found is not None and not tab.running)
        assert window.pages.running is False
        assert tab.table.rowCount() == 5
        (standing,) = tab.shown.runs
        assert standing.roof is not None
        assert standing.name in tab.meaning.text()
        assert "of what this device was measured to multiply" in tab.meaning.text()
        until(qtbot, lambda: "6 ×" in tab.formula.text())
        assert [row[0] for row in tab.chart.figures()][-1] == "small"
        tab.set_calm(True)
        assert not tab.left.isVisible()
        assert tab.chart.isVisible()
        tab.set_calm(False)
        tab.set_theme(DARK, 1.0)
        assert tab.left.isVisible()


def test_an_experiment_is_profiled_and_its_trace_is_saved(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        page = opened(window, 2)
        tab, memory = step_of(page), memory_of(page)
        until(qtbot, lambda: not window.background.busy)
        assert "Nothing was profiled yet" in tab.quiet.text()
        assert not tab.head.which.isVisible()
        QTest.mouseClick(tab.head.measuring.start, Qt.MouseButton.LeftButton)
        assert page.running
        until(qtbot, lambda: not page.running and tab.head.which.count())
        until(qtbot, lambda: tab.operators.table.rowCount() > 3)
        assert tab.head.which.currentText() == "tiny, before training"
        assert "Backward" in tab.bars.accessibleName()
        assert "with nothing fused" in tab.meaning.text()
        page.tabs.setCurrentIndex(3)
        assert tab.head.isVisibleTo(memory)  # it goes along
        until(qtbot, memory.step.figures)
        assert memory.table.rowCount() >= 6
        assert not memory.run.isVisible()
        trace = tmp_path / "trace.json.gz"
        tab.head.save_trace(trace)
        until(qtbot, lambda: "ui.perfetto.dev" in tab.head.note.text())
        assert json.loads(gzip.decompress(trace.read_bytes()))["traceEvents"]
        tab.head.save_trace(tmp_path / "no" / "trace.json.gz")
        until(qtbot, lambda: "was not saved" in tab.head.note.text())


@pytest.mark.slow
def test_a_training_at_work_is_profiled_where_it_is(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny("long", LONG))
        window.actions_["run"].trigger()
        until(qtbot, lambda: window.session.current and window.session.current.step > 5)
        page = opened(window, 2)
        tab, memory = step_of(page), memory_of(page)
        assert tab.head.measuring.start.text() == "Profile the training"
        tab.head.begin()
        assert "long" in tab.head.note.text()
        assert not tab.head.measuring.start.isEnabled()
        until(qtbot, lambda: tab.operators.table.rowCount() > 3)
        assert tab.head.which.currentText().startswith("long, from step ")
        assert tab.head.measuring.start.isEnabled()
        page.tabs.setCurrentIndex(3)
        until(qtbot, memory.run.figures)
        assert "mem" not in memory.run.title.text()
        ceilings = ceilings_of(page)
        ceilings.begin()
        assert "Wait until it is over" in ceilings.measuring.status.text()
        window.session.order("stop")
        until(qtbot, lambda: not window.session.threads)
        until(qtbot, lambda: tab.head.measuring.start.text() == "Profile the experiment")


def test_a_damaged_profile_is_told_and_a_run_without_one_shows_its_memory(
    finished: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    root = tmp_path / "runs"
    shutil.copytree(finished, root)
    with window_on(root, qtbot) as window:
        page = opened(window, 3)
        tab, memory = step_of(page), memory_of(page)
        until(qtbot, memory.run.figures)
        assert tab.head.which.currentText() == "small (memory only)"
        assert not memory.step.isVisible()
        (run_dir,) = (one for one in root.iterdir() if one.is_dir())
        (run_dir / "profiles").mkdir()
        (run_dir / "profiles" / "step-000003.json").write_text("{", encoding="utf-8")
        page.tabs.setCurrentIndex(2)
        until(qtbot, lambda: "cannot be read" in tab.head.note.text())
        assert tab.head.note.property("severity") == "danger"
