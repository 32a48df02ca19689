"""Under the charts stands what the device did while the run trained, where the run recorded it and nobody minds."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.hardware.machine import Machine
from gpulab.ui.lab.charts_area import ChartsArea
from gpulab.ui.lab.device_strips import DeviceStrips
from gpulab.ui.theme import DARK, LIGHT, apply
from gpulab.viewmodels.device_strips import SERIES, device_strips
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.series import RunSeries
from gpulab.viewmodels.track import Track, Window
from tests.ui.window import window_on

FIGURES = {
    "cpu_percent": 55.0,
    "gpu_busy_percent": 97.0,
    "power_w": 698.0,
    "temperature_c": 64.0,
    "sm_clock_mhz": 1755.0,
    "throttled": 0.25,
}


def run(name: str, *keys: str, steps: int = 200) -> RunRecord:
    """A recorded run of 200 steps; the device was read at every tenth."""
    record = RunRecord(name, Path(name), name)
    for step in range(1, steps + 1):
        values = {"train_loss": 10.0 / math.sqrt(step), "learning_rate": 1e-3, "tokens_per_s": 1e5, "rss_bytes": 1e9}
        if step % 10 == 0:
            values |= {key: FIGURES[key] * (step / steps if key == "power_w" else 1.0) for key in keys}
        record.series.add(step, 64 * step, 0.1 * step, values)
    record.state = "done"
    return record


def strips_of(area: ChartsArea) -> DeviceStrips:
    area.load()
    assert area.strips is not None
    return area.strips


def redraw(area: ChartsArea) -> None:
    QApplication.processEvents()
    assert area.grid is not None
    area.grid.redraw()


@pytest.fixture
def area(qtbot: QtBot, qapp: QApplication) -> ChartsArea:
    apply(qapp, LIGHT)
    area = ChartsArea(Machine("A processor", 2, 2**30), LIGHT)
    qtbot.addWidget(area)
    area.resize(660, 400)
    area.show()
    return area


def test_a_run_shows_what_it_recorded_and_the_newest_value(area: ChartsArea) -> None:
    strips = strips_of(area)
    area.show_runs([run("gpu", *FIGURES)])
    redraw(area)
    assert strips.isVisible()
    told = {key: cell.value.text() for key, cell in strips.cells.items()}
    assert told == {
        "cpu_percent": "55 %",
        "gpu_busy_percent": "97 %",
        "power_w": "698 W",
        "temperature_c": "64 °C",
        "sm_clock_mhz": "1.76 GHz",
        "throttled": "25 %",
    }
    area.set_theme(DARK, 1.0)
    assert not strips.grab().isNull()


def test_the_row_is_hidden_for_a_run_that_recorded_nothing_and_follows_the_one_that_is_talked_about(
    area: ChartsArea,
) -> None:
    strips = strips_of(area)
    area.show_runs([run("old"), run("cpu", "cpu_percent")])
    area.choose("old")
    redraw(area)
    assert strips.isHidden()
    area.choose("cpu")
    redraw(area)
    assert strips.isVisible()
    assert [key for key, cell in strips.cells.items() if cell.isVisible()] == ["cpu_percent"]


def test_the_crosshair_goes_through_charts_and_strips(area: ChartsArea) -> None:
    strips = strips_of(area)
    area.show_runs([run("gpu", *FIGURES)])
    redraw(area)
    assert area.grid is not None
    power = strips.cells["power_w"]
    area.grid.cross(105.0)
    assert power.value.text() == "349 W", "that of step 100, the newest before"
    area.grid.cross(None)
    assert power.value.text() == "698 W"
    power.strip.pointed.emit(0.5)
    low, high = area.grid.state.shown_x
    assert area.grid.state.cross_x == pytest.approx((low + high) / 2)
    power.strip.pointed.emit(None)
    assert area.grid.state.cross_x is None


@pytest.mark.parametrize("axis", ["step", "tokens", "seconds"])
@pytest.mark.parametrize("log", [False, True])
def test_strips_have_the_charts_axis(area: ChartsArea, axis: str, log: bool) -> None:
    strips = strips_of(area)
    area.show_runs([run("gpu", "power_w")])
    assert area.grid is not None
    area.grid.set_x_axis(axis)  # type: ignore[arg-type]
    area.grid.set_log(log, False)
    redraw(area)
    point = strips.cells["power_w"].strip.at(1.0)
    assert point is not None
    newest = {"step": 200.0, "tokens": 12_800.0, "seconds": 20.0}[axis]
    assert point[0] == pytest.approx(math.log10(newest) if log else newest)
    assert point[2] == "698 W"


def test_they_leave_the_charts_their_room_and_an_audience_sees_none(area: ChartsArea) -> None:
    strips = strips_of(area)
    area.show_runs([run("gpu", *FIGURES)])
    redraw(area)
    QApplication.processEvents()
    assert area.grid is not None
    assert area.grid.height() > 0.82 * area.height()
    area.set_calm(True)
    assert strips.isHidden()
    area.set_calm(False)
    assert not strips.isHidden()


def test_the_view_menu_takes_them_away_and_the_next_window_remembers(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        action = window.actions_["device_strips"]
        assert action.isChecked()
        action.trigger()
        assert not window.charts.strips_wanted
        strips = strips_of(window.charts)
        window.charts.show_runs([run("gpu", *FIGURES)])
        redraw(window.charts)
        assert strips.isHidden()
    assert QSettings().value("charts/device_strips", True, type=bool) is False
    with window_on(root, qtbot) as window:
        assert not window.actions_["device_strips"].isChecked()


def test_a_long_history_makes_few_points() -> None:
    series = RunSeries()
    for step in range(20_000):
        series.add(step, step, float(step), {"power_w": float(step % 7)})
    strips = device_strips(series, lambda key: Track(series, key), Window("step", 0.0, 20_000.0, False, 100))
    assert len(strips) == 1
    assert len(strips[0].points) <= 4 * 101 + 2
    assert {one.key for one in SERIES} == set(FIGURES)
