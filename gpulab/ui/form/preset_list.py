"""Draws the list of presets, which the first paint need not wait for: it shows once a person opens it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

PURPOSE = Qt.ItemDataRole.UserRole + 1
NEEDS = Qt.ItemDataRole.UserRole + 2
_PAD = 6

Index = QModelIndex | QPersistentModelIndex


class TwoLines(QStyledItemDelegate):
    """Draws an entry: its name, and below it in small print what it is for and what it needs."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for all three lines."""
        widest = max(
            QFontMetrics(font).horizontalAdvance(text) for font, text in zip(_fonts(option), _lines(index), strict=True)
        )
        height = sum(QFontMetrics(font).height() for font in _fonts(option))
        return QSize(widest + 2 * _PAD + 4, height + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the ground as the style does, and the lines over it."""
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        palette: QPalette = option.palette
        if chosen:
            painter.fillRect(option.rect, palette.color(QPalette.ColorRole.Highlight))
        top = option.rect.top() + _PAD
        strong = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        weak = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText
        for font, text, role in zip(_fonts(option), _lines(index), (strong, weak, weak), strict=True):
            painter.setFont(font)
            painter.setPen(palette.color(role))
            height = painter.fontMetrics().height()
            place = QRect(option.rect.left() + _PAD, top, option.rect.width() - 2 * _PAD, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            top += height
        painter.restore()


def option_with(font: QFont) -> QStyleOptionViewItem:
    """What the size of an entry in `font` is asked with."""
    option = QStyleOptionViewItem()
    option.font = font
    return option


def _lines(index: Index) -> tuple[str, str, str]:
    return index.data(Qt.ItemDataRole.DisplayRole), index.data(PURPOSE) or "", index.data(NEEDS) or ""


def _fonts(option: QStyleOptionViewItem) -> tuple[QFont, QFont, QFont]:
    name, small = QFont(option.font), QFont(option.font)
    name.setWeight(QFont.Weight.DemiBold)
    small.setPointSizeF(small.pointSizeF() * 0.92)
    return name, small, small
