"""The context menu of a chart: how it is looked at, and getting it out as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu

from gpulab.ui.charts.export import save_csv, save_png, save_svg
from gpulab.ui.charts.panel import ChartPanel

if TYPE_CHECKING:
    from gpulab.ui.charts.grid import ChartGrid

Save = Callable[[Path], None]


def chart_menu(grid: ChartGrid, panel: ChartPanel) -> QMenu:
    """The menu of `panel`; it deletes itself when it is closed."""
    menu = QMenu(grid)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction(grid.tr("Reset zoom"), grid.reset_zoom)
    menu.addSeparator()
    _check(menu, grid.tr("Logarithmic x-axis"), grid.state.log_x, lambda on: grid.set_log(on, grid.log_y))
    _check(menu, grid.tr("Logarithmic y-axis"), panel.log_y, lambda on: grid.set_panel_log(panel, on))
    _check(menu, grid.tr("Clip outliers"), grid.state.clip, grid.set_clip)
    menu.addSeparator()
    _export(menu, grid, panel, grid.tr("Save as PNG…"), "png", lambda path: save_png(panel, grid.legend, path))
    _export(menu, grid, panel, grid.tr("Save as SVG…"), "svg", lambda path: save_svg(panel, grid.legend, path))
    _export(
        menu, grid, panel, grid.tr("Save values as CSV…"), "csv", lambda path: save_csv(panel.spec, grid.state, path)
    )
    return menu


def _check(menu: QMenu, words: str, on: bool, act: Callable[[bool], None]) -> None:
    action = menu.addAction(words)
    action.setCheckable(True)
    action.setChecked(on)
    action.toggled.connect(act)


def _export(menu: QMenu, grid: ChartGrid, panel: ChartPanel, words: str, ending: str, save: Save) -> None:
    action = menu.addAction(words)
    action.setEnabled(panel.has_lines)
    action.triggered.connect(lambda: _ask(grid, panel, ending, save))


def _ask(grid: ChartGrid, panel: ChartPanel, ending: str, save: Save) -> None:
    start = f"{panel.spec.key}.{ending}"
    name, _ = QFileDialog.getSaveFileName(grid, grid.tr("Save chart"), start, f"{ending.upper()} (*.{ending})")
    if not name:
        return
    path = Path(name) if Path(name).suffix else Path(f"{name}.{ending}")
    try:
        save(path)
    except OSError as error:
        reason = error.strerror or grid.tr("the picture cannot be written")
        grid.notified.emit(grid.tr("{path} was not saved: {reason}.").format(path=path, reason=reason))
        return
    grid.notified.emit(grid.tr("Saved {path}.").format(path=path))
