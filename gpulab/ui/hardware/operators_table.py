"""Operators or kernels of a step, longest first, each with a bar."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.hardware.tables import rows_high, small_table
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.step_time import StepTime

REACH = Qt.ItemDataRole.UserRole
_KIND_COLUMN, _BAR_COLUMN = 1, 2
_BAR_LETTERS = 14  # so wide a bar may be at least
_TIGHT_NAME = 0.4  # of the width
_HEADS = (
    ("Operator", "What was computed, by the name that PyTorch gives it."),
    ("What it does", ""),
    ("", "As long as its own time is of the longest one's."),
    ("Share", "Of the time of all operators."),
    ("Time", "Its own seconds in one step, without what it calls."),
    ("Calls", "How often it is called in one step."),
)


class _Bars(QStyledItemDelegate):
    """A bar in place of words."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """From the left, a little slimmer than the row."""
        reach = float(index.data(REACH) or 0.0)
        rect = QRectF(option.rect).adjusted(6, 6, -6, -6)
        rect.setWidth(max(1.0, rect.width() * reach))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        painter.drawRoundedRect(rect, 2, 2)
        painter.restore()


class OperatorsTable(QWidget):
    """A table with `show_step`; it scrolls by itself."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.table = small_table(said("Operators of a step"), _HEADS, chosen=True)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._bars = _Bars(theme, self.table)
        self.table.setItemDelegateForColumn(_BAR_COLUMN, self._bars)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_BAR_COLUMN, QHeaderView.ResizeMode.Stretch)
        for column in (1, _BAR_COLUMN):
            head = self.table.horizontalHeaderItem(column)
            if head is not None:
                head.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.addWidget(self.table)

    def show_step(self, step: StepTime) -> None:
        """Fills the table anew."""
        table, left = self.table, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        first = table.horizontalHeaderItem(0)
        if first is not None:
            first.setText(said("Kernel") if step.on_device else said("Operator"))
        table.setRowCount(len(step.operators))
        for at, one in enumerate(step.operators):
            cells = (one.name, said(one.kind), "", one.share, one.figure, one.calls)
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(left if column <= _BAR_COLUMN else right)
                item.setToolTip(one.full_name)
                table.setItem(at, column, item)
            bar = table.item(at, _BAR_COLUMN)
            if bar is not None:
                bar.setData(REACH, one.reach)
                bar.setData(Qt.ItemDataRole.AccessibleTextRole, one.share)
        rows_high(table)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, bars tell more than what names say anyhow."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        table, header = self.table, self.table.horizontalHeader()
        others = [at for at in range(len(_HEADS)) if at != _BAR_COLUMN]
        needed = sum(max(header.sectionSizeHint(at), table.sizeHintForColumn(at)) for at in others)
        tight = self.width() < needed + self.fontMetrics().averageCharWidth() * _BAR_LETTERS
        table.setColumnHidden(_KIND_COLUMN, tight)
        modes = QHeaderView.ResizeMode
        header.setSectionResizeMode(0, modes.Fixed if tight else modes.ResizeToContents)
        if tight:
            header.resizeSection(0, round(self.width() * _TIGHT_NAME))

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._bars.theme = theme
        rows_high(self.table)
        self.table.viewport().update()
