"""A heat map as a table: every figure can be read, reached by keyboard, and its ground says how bad it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, contrast, mixed
from gpulab.viewmodels.finding_values import Heat, signed

_WARMEST = 0.75  # of the danger's colour over the ground: text stays readable on it


class HeatPanel(QFrame):
    """A card that shows a `Heat`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._theme = theme
        self._heat: Heat | None = None
        self.title = QLabel()
        self.title.setProperty("heading", True)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 6)
        column.addWidget(self.title)
        column.addWidget(self.table, 1)

    def set_theme(self, theme: Theme) -> None:
        """Draws everything in the theme's colours."""
        self._theme = theme
        if self._heat is not None:
            self.show_heat(self._heat)

    def show_heat(self, heat: Heat) -> None:
        """Shows `heat` in place of what was shown."""
        self._heat = heat
        unit = f"<span style='color:{self._theme.muted};font-weight:400'>{said(heat.unit)}</span>"
        self.title.setText(f"{said(heat.title)}  {unit}")
        self.table.setAccessibleName(said(heat.title))
        self.table.setRowCount(len(heat.rows))
        self.table.setColumnCount(len(heat.columns))
        self.table.setVerticalHeaderLabels(list(heat.rows))
        self.table.setHorizontalHeaderLabels(list(heat.columns))
        for row in range(len(heat.rows)):
            for column in range(len(heat.columns)):
                self.table.setItem(row, column, self._cell(heat, row, column))

    def _cell(self, heat: Heat, row: int, column: int) -> QTableWidgetItem:
        value = heat.values[row][column]
        cell = QTableWidgetItem(signed(value))
        cell.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        ground = mixed(self._theme.danger, self._theme.surface, _WARMEST * heat.warmth(row, column))
        cell.setBackground(QColor(ground))
        cell.setForeground(QColor(_readable(ground)))
        return cell


def _readable(ground: str) -> str:
    """Black or white, whichever stands out more."""
    return max(("#000000", "#ffffff"), key=lambda ink: contrast(ink, ground))
