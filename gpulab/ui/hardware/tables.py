"""The page's small tables: read, not edited, their rows chosen by keys or mouse where that shows something."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem

from gpulab.ui.lab.words import said

_MOST_ROWS = 9


def small_table(name: str, heads: Sequence[tuple[str, str]], chosen: bool = False) -> QTableWidget:
    """A table without rows; `heads` are words and a tip each, the first column takes the room that is left."""
    table = QTableWidget(0, len(heads))
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    mode = QAbstractItemView.SelectionMode
    table.setSelectionMode(mode.SingleSelection if chosen else mode.NoSelection)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setFocusPolicy(Qt.FocusPolicy.StrongFocus if chosen else Qt.FocusPolicy.NoFocus)
    table.setTabKeyNavigation(False)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setStyleSheet("QTableWidget { border: none; }")  # it stands in a card, which has an edge
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column, (words, tip) in enumerate(heads):
        head = QTableWidgetItem(said(words))
        head.setToolTip(said(tip))
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.setHorizontalHeaderItem(column, head)
    return table


def fill(table: QTableWidget, rows: Sequence[Sequence[str]], tips: Sequence[str] = ()) -> None:
    """Shows `rows`; `tips` is what each row says under the mouse."""
    table.setRowCount(len(rows))
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QTableWidgetItem(text)
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            item.setToolTip(tips[at] if tips else "")
            table.setItem(at, column, item)
    fit(table)


def fit(table: QTableWidget, most: int = _MOST_ROWS) -> None:
    """As high as its rows, as far as they are few."""
    row = rows_high(table)
    shown = max(1, min(most, table.rowCount()))
    table.setFixedHeight(table.horizontalHeader().sizeHint().height() + shown * row + 3)


def rows_high(table: QTableWidget) -> int:
    """Gives every row the height that the size of type asks for, which is returned."""
    row = table.fontMetrics().height() + 9
    table.verticalHeader().setDefaultSectionSize(row)
    for at in range(table.rowCount()):
        table.setRowHeight(at, row)
    return row
