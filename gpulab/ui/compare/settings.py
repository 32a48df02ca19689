"""The settings in which the arms differ, and none of the others."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gpulab.ui.compare.marks import mark_icon
from gpulab.ui.form.words import value_words, words
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.settings import Difference
from gpulab.viewmodels.comparing.snapshot import Snapshot


class SettingsTable(QTableWidget):
    """A row a setting, a column an arm. What an arm has otherwise than the baseline stands in bold."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(said("Settings that differ"))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = theme
        if (snapshot := self._snapshot) is not None:
            self._snapshot = None
            self.show_snapshot(snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Fills it once: what arms are set to does not change."""
        if self._snapshot is not None and self._snapshot.differences == snapshot.differences:
            return
        self._snapshot = snapshot
        arms = snapshot.standing.comparison.arms
        self.setColumnCount(len(arms))
        self.setRowCount(len(snapshot.differences))
        side = self.fontMetrics().height()
        for column, arm in enumerate(arms):
            self.setHorizontalHeaderItem(column, QTableWidgetItem(mark_icon(column, self._theme, side), arm.name))
        for number, one in enumerate(snapshot.differences):
            label = f"{words(one.within)}: {words(one.label)}" if one.within else words(one.label)
            head = QTableWidgetItem(label)
            head.setToolTip(one.path)
            self.setVerticalHeaderItem(number, head)
            for column, arm in enumerate(arms):
                self.setItem(number, column, self._item(one, arm.key, arms[0].key))
        self.resizeRowsToContents()

    def _item(self, one: Difference, arm: str, baseline: str) -> QTableWidgetItem:
        value = one.values[arm]
        if one.setting is None:
            text = said("on") if value else said("off")
        elif value is None:
            text = "–"
        else:
            text = f"{value_words(one.setting, value)} {words(one.setting.unit)}".strip()
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        if repr(value) != repr(one.values[baseline]):
            font = item.font()
            font.setBold(True)
            item.setFont(font)
        elif value is None or value is False:
            item.setForeground(QColor(self._theme.muted))
        return item
