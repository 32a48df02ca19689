"""Ctrl+K opens one line in which every setting and every action can be found by a few letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFont, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gpulab.spec.setting import Setting
from gpulab.ui.form.words import words
from gpulab.viewmodels.finder import Entry, ranked, setting_entries

_KEY = Qt.ItemDataRole.UserRole
_DETAIL = Qt.ItemDataRole.UserRole + 1
_ENABLED = Qt.ItemDataRole.UserRole + 2
_ACTION = "action:"
_LETTERS_WIDE = 58
_LINES_HIGH = 17
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

Index = QModelIndex | QPersistentModelIndex


class Finder(QDialog):
    """Finds settings and actions. An action is triggered; `setting_chosen` tells the path of a setting."""

    setting_chosen = Signal(str)

    def __init__(
        self, settings: Mapping[str, Setting], actions: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Find a setting or an action"))
        self._actions = {f"{_ACTION}{place}": action for place, action in enumerate(actions) if _words(action)}
        translated = [
            Entry(e.key, words(e.title), words(e.detail), f"{e.hidden} {e.title}") for e in setting_entries(settings)
        ]
        self._entries = [*(self._entry(key, action) for key, action in self._actions.items()), *translated]
        self.line, self.list = QLineEdit(), QListWidget()
        self._nothing = QLabel(self.tr("Nothing is called that. Try fewer letters."))
        self._nothing.setProperty("muted", True)
        self._lay_out()
        self._search("")

    def show_at(self, window: QWidget) -> None:
        """Opens in the upper third of `window`, empty, ready for typing."""
        self.line.clear()
        self.adjustSize()
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + window.height() // 8)
        self.open()
        self.line.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys move through the list while the typing goes on."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _MOVES:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        self.line.setPlaceholderText(self.tr("Find a setting or an action"))
        self.line.setAccessibleName(self.tr("Find a setting or an action"))
        self.line.setClearButtonEnabled(True)
        self.line.installEventFilter(self)
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._choose)
        self.list.setAccessibleName(self.tr("Found"))
        self.list.setItemDelegate(_Lines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.itemClicked.connect(lambda item: self._choose())
        metrics = self.fontMetrics()
        self.list.setMinimumSize(metrics.averageCharWidth() * _LETTERS_WIDE, metrics.height() * _LINES_HIGH)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for widget in (self.line, self._nothing, self.list):
            column.addWidget(widget)

    def _entry(self, key: str, action: QAction) -> Entry:
        return Entry(key, _words(action), action.shortcut().toString(), action.toolTip())

    def _search(self, query: str) -> None:
        self.list.clear()
        for entry in ranked(self._entries, query):
            item = QListWidgetItem(entry.title)
            item.setData(_KEY, entry.key)
            item.setData(_DETAIL, entry.detail)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}, {entry.detail}")
            action = self._actions.get(entry.key)
            item.setData(_ENABLED, action is None or action.isEnabled())
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._nothing.setVisible(self.list.count() == 0)

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.data(_ENABLED):
            return
        key = item.data(_KEY)
        self.accept()
        if key in self._actions:
            self._actions[key].trigger()
        else:
            self.setting_chosen.emit(key)


class _Lines(QStyledItemDelegate):
    """Draws an entry: its title at the left, at the right in small print where it stands or its shortcut."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line with some air."""
        return QSize(0, round(option.fontMetrics.height() * 1.7))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws ground, detail, title; the title is the one that is shortened where both do not fit."""
        painter.save()
        palette, chosen = option.palette, bool(option.state & QStyle.StateFlag.State_Selected)
        roles = QPalette.ColorRole
        if chosen:
            painter.fillRect(option.rect, palette.color(roles.Highlight))
        strong = palette.color(roles.HighlightedText if chosen else roles.Text)
        weak = palette.color(roles.HighlightedText if chosen else roles.PlaceholderText)
        inner = option.rect.adjusted(10, 0, -10, 0)
        detail: str = index.data(_DETAIL)
        painter.setPen(weak)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, detail)
        left = inner.adjusted(0, 0, -option.fontMetrics.horizontalAdvance(detail) - 12, 0)
        painter.setPen(QColor(strong if index.data(_ENABLED) else weak))
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        title = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, left.width())
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


def _words(action: QAction) -> str:
    return action.text().replace("&", "").removesuffix("…")
