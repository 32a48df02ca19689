"""Charts show the runs they were given, answer the mouse and the keyboard, and write themselves to files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.ui.charts import ChartGrid, ChartSpec, LineSpec
from gpulab.ui.charts.axes import in_two_lines
from gpulab.ui.charts.export import save_csv, save_png, save_svg
from gpulab.ui.charts.menu import chart_menu
from gpulab.ui.theme import DARK, LIGHT, apply
from gpulab.viewmodels.series import RunSeries

SPECS = (
    ChartSpec(
        "loss", "Loss", "nats", "", (LineSpec("train_loss", "train"), LineSpec("val_loss", "val", "bold")), "val_loss"
    ),
    ChartSpec("speed", "Speed", "tokens per second", "", (LineSpec("rate", "rate"),), "rate", "rate"),
    ChartSpec(
        "memory", "Memory", "", "B", (LineSpec("used", "used"), LineSpec("held", "held", "faint")), "used", "bytes"
    ),
    ChartSpec("lr", "Learning rate", "", "", (LineSpec("lr", "rate", "bold"),), "lr"),
)


def history(steps: int, level: float = 1.0) -> RunSeries:
    series = RunSeries(tokens_per_epoch=1000)
    for step in range(steps):
        values = {"train_loss": level + 1 / (1 + step), "rate": 4e5 * level, "used": 1e9 * level}
        values |= {"held": 2e9, "lr": 3e-4} | ({"val_loss": level} if step % 20 == 0 else {})
        series.add(step, step * 10, step * 0.5, values)
    return series


@pytest.fixture
def grid(qtbot: QtBot, qapp: QApplication) -> ChartGrid:
    apply(qapp, DARK)
    grid = ChartGrid(SPECS, DARK)
    qtbot.addWidget(grid)
    grid.resize(960, 640)
    grid.show()
    qtbot.waitExposed(grid)
    return grid


def picture(grid: ChartGrid) -> QImage:
    grid.redraw()
    QApplication.processEvents()
    return grid.grab().toImage()


def count(image: QImage, color: str) -> int:
    wanted = QColor(color).rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


def test_nothing_yet_says_what_to_do(grid: ChartGrid) -> None:
    before = picture(grid)
    assert count(before, DARK.runs[0]) == 0
    assert not any(panel.has_lines for panel in grid.panels)
    assert "Run" in grid.panels[0].quiet_words


def test_runs_are_drawn_in_their_lasting_colours(grid: ChartGrid) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    grid.set_run("b", "second", history(300, 1.5), 4, live=True)
    shown = picture(grid)
    assert count(shown, DARK.runs[0]) > 100
    assert count(shown, DARK.runs[4]) > 100
    assert grid.panels[0].value_words == "1.500"  # the live run's
    assert "1.500" in grid.panels[0].accessibleDescription()
    grid.choose("a")
    picture(grid)
    assert grid.panels[0].value_words == "1.000"  # the chosen run's
    grid.remove_run("b")
    assert count(picture(grid), DARK.runs[4]) == 0
    grid.set_theme(LIGHT)
    assert count(picture(grid), LIGHT.runs[0]) > 100


def test_a_growing_run_is_followed_and_a_resting_one_not_drawn_again(grid: ChartGrid) -> None:
    resting, live = history(200), history(100)
    grid.set_run("a", "resting", resting, 0, live=False)
    grid.set_run("b", "live", live, 1, live=True)
    picture(grid)
    before = grid.panels[0].curves.layer_keys
    live.add(100, 1000, 50.0, {"train_loss": 1.2})
    picture(grid)
    after = grid.panels[0].curves.layer_keys
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_curve_that_grew_looks_as_if_drawn_at_once(grid: ChartGrid) -> None:
    """What is added is drawn into the picture before: dashes, dots and smoothed lines must go on where they were."""
    runs = {index: history(0) for index in (0, len(DARK.runs), 2 * len(DARK.runs))}  # solid and dashed
    for index, series in runs.items():
        grid.set_run(f"run {index}", f"Run {index}", series, index, live=True)
    grid.zoom(0, 900)
    for begin in range(0, 700, 35):
        for index, series in runs.items():
            for step in range(begin, begin + 35):
                wave = 1 + 0.3 * math.sin(step * (1.3 + index)) + index / 10
                values = {"train_loss": wave, "rate": wave, "used": 1e9 * wave, "held": 2e9 * wave, "lr": wave}
                series.add(step, step * 10, step * 0.5, values | ({"val_loss": wave} if step % 20 == 0 else {}))
        grown = picture(grid)
    for panel in grid.panels:
        panel.curves.forget()
    anew = picture(grid)
    apart = np.abs(pixels(grown).astype(int) - pixels(anew)).max(axis=2)
    assert (apart > 24).mean() < 1e-4


def pixels(image: QImage) -> npt.NDArray[np.uint8]:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3)


@pytest.mark.parametrize("axis", ["step", "tokens", "seconds", "epoch"])
@pytest.mark.parametrize("log", [False, True])
def test_every_axis_and_scale_draws(grid: ChartGrid, axis: str, log: bool) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    grid.set_x_axis(axis)  # type: ignore[arg-type]
    grid.set_log(log, log)
    grid.set_smoothing(0.0 if log else 0.9)
    grid.set_clip(log)
    assert count(picture(grid), DARK.runs[0]) > 50


def test_pointing_shows_every_runs_value_and_lights_it_up(grid: ChartGrid, qtbot: QtBot) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    grid.set_run("b", "second", history(200, 2.0), 1, live=False)
    picture(grid)
    said: list[str] = []
    grid.run_hovered.connect(said.append)
    port = grid.panels[1].plot.viewport()
    for y in range(10, port.height(), 6):
        QTest.mouseMove(port, QPoint(port.width() // 2, y))
        qtbot.wait(15)  # pyqtgraph listens to the mouse at most a hundred times a second
    assert {"a", "b"} <= set(said)
    assert all(panel.readout.isVisible() for panel in grid.panels)
    qtbot.keyClick(grid.panels[1], Qt.Key.Key_Escape)  # type: ignore[no-untyped-call]
    assert not any(panel.readout.isVisible() for panel in grid.panels)


def test_the_crosshair_obeys_the_arrows(grid: ChartGrid) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    picture(grid)
    grid.panels[0].setFocus()
    QTest.keyClick(grid.panels[0], Qt.Key.Key_Right)
    QTest.keyClick(grid.panels[0], Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    low, high = grid.state.shown_x
    assert grid.state.cross_x == pytest.approx(low + (high - low) * 0.61)


def test_zoom_is_shared_sideways_and_resets(grid: ChartGrid) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    picture(grid)
    grid.panels[0].zoom_to(QRectF(50, 1.0, 20, 0.5))
    assert grid.state.shown_x == pytest.approx((50, 70))
    picture(grid)
    grid.panels[1].reset_wanted.emit()
    assert grid.state.shown_x == grid.state.reach_x


def test_markers_stand_at_their_steps(grid: ChartGrid) -> None:
    grid.set_run("a", "first", history(200), 0, live=False)
    without = count(picture(grid), DARK.danger)
    grid.set_markers("a", [(120, "loss spike", "danger"), (121, "again", "warning"), (5000, "later", "info")])
    assert count(picture(grid), DARK.danger) >= without
    assert len(grid.panels[0].marker_places) == 3
    grid.set_markers("gone", [(1, "x", "info")])


def test_a_chart_becomes_a_file(grid: ChartGrid, tmp_path: Path) -> None:
    grid.set_run("a", "first, quoted", history(200), 0, live=False)
    picture(grid)
    panel = grid.panels[0]
    save_png(panel, grid.legend, tmp_path / "a.png")
    assert QImage(str(tmp_path / "a.png")).width() >= 2 * panel.width()
    save_svg(panel, grid.legend, tmp_path / "a.svg")
    assert DARK.runs[0] in (tmp_path / "a.svg").read_text("utf-8")
    save_csv(panel.spec, grid.state, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 200
    assert rows[20]["val_loss"] == "1.0"
    assert rows[21]["val_loss"] == ""
    assert rows[0]["name"] == "first, quoted"
    for save in (save_png, save_svg):
        with pytest.raises(OSError, match=r"."):
            save(panel, grid.legend, tmp_path / "missing" / "a.file")


def test_the_menu_offers_what_the_mouse_can_do(grid: ChartGrid) -> None:
    menu = chart_menu(grid, grid.panels[0])
    by_words = {action.text(): action for action in menu.actions()}
    assert not by_words["Save as PNG…"].isEnabled()
    by_words["Logarithmic y-axis"].trigger()
    assert [panel.log_y for panel in grid.panels] == [True, False, False, False]
    by_words["Logarithmic x-axis"].trigger()
    assert grid.state.log_x
    assert grid.controls.log_x.isChecked()
    menu.close()


def test_values_that_are_not_there_are_no_line(grid: ChartGrid) -> None:
    series = RunSeries()
    series.add(1, 10, 0.1, {"train_loss": None, "lr": float("nan")})
    grid.set_run("a", "first", series, 0, live=True)
    picture(grid)
    assert not grid.panels[0].has_lines
    assert np.isnan(series.values("train_loss")).all()


def test_a_chart_of_few_runs_takes_room_only_beside_those(qtbot: QtBot, qapp: QApplication) -> None:
    apply(qapp, DARK)
    traffic = ChartSpec("traffic", "Traffic", "", "B", (LineSpec("wire", "sent"),), "wire", "bytes", occasional=True)
    grid = ChartGrid((*SPECS, traffic), DARK)
    qtbot.addWidget(grid)
    grid.resize(960, 640)
    grid.show()
    qtbot.waitExposed(grid)
    grid.set_run("alone", "alone", history(20), 0, live=False)
    grid.redraw()
    assert [panel.isVisible() for panel in grid.panels] == [True, True, True, True, False]
    together = history(20)
    together.add(20, 200, 10.0, {"wire": 4e5})
    grid.set_run("together", "together", together, 1, live=False)
    grid.redraw()
    assert grid.panels[-1].isVisible()
    grid.remove_run("together")
    grid.redraw()
    assert not grid.panels[-1].isVisible()


def test_a_long_name_is_broken_near_its_middle() -> None:
    assert in_two_lines("kings and queens") == "kings and\nqueens"
    assert in_two_lines("rank") == "rank"
