"""A chart as a file: a sharp picture, vectors, or the numbers themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QPaintDevice, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from gpulab.ui.charts.model import ChartState
from gpulab.ui.charts.panel import ChartPanel
from gpulab.viewmodels.charting import ChartSpec

SHARPNESS = 2
MARGIN = 8


def save_png(panel: ChartPanel, legend: QWidget, path: Path) -> None:
    """Writes the card and the legend as a picture with twice the pixels of the screen; OSError where it can't."""
    picture = QPixmap(_size(panel, legend) * SHARPNESS)
    picture.setDevicePixelRatio(SHARPNESS)
    _render(panel, legend, picture)
    if not picture.save(str(path), "PNG"):
        raise OSError(path)


def save_svg(panel: ChartPanel, legend: QWidget, path: Path) -> None:
    """Writes the card and the legend as vectors; OSError where it can't."""
    path.touch()  # QSvgGenerator only warns where nothing can be written
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(_size(panel, legend))
    generator.setViewBox(QRect(QPoint(0, 0), _size(panel, legend)))
    generator.setTitle(panel.spec.title)
    panel.curves.vector = True
    try:
        _render(panel, legend, generator)
    finally:
        panel.curves.vector = False


def _size(panel: ChartPanel, legend: QWidget) -> QSize:
    return QSize(max(panel.width(), legend.width() + 2 * MARGIN), panel.height() + legend.height() + 2 * MARGIN)


def _render(panel: ChartPanel, legend: QWidget, device: QPaintDevice) -> None:
    painter = QPainter(device)
    painter.fillRect(QRect(QPoint(0, 0), _size(panel, legend)), panel.ground)
    panel.render(painter, QPoint(0, 0))
    legend.render(painter, QPoint(MARGIN, panel.height() + MARGIN), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()


def save_csv(spec: ChartSpec, state: ChartState, path: Path) -> None:
    """Writes every sample of every run, never only the visible or decimated ones; OSError where it can't."""
    keys = [line.key for line in spec.lines]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["run", "name", "step", "tokens", "seconds", *keys])
        for run in state.runs.values():
            series = run.series
            values = np.column_stack([series.values(key) for key in keys]) if len(series) else np.empty((0, len(keys)))
            for row in np.flatnonzero(np.isfinite(values).any(axis=1)):
                figures = ["" if np.isnan(value) else repr(float(value)) for value in values[row]]
                place = [int(series.step[row]), int(series.tokens[row]), float(series.seconds[row])]
                writer.writerow([run.run_id, run.label, *place, *figures])
