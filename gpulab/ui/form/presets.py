"""Sizes are picked from a list that says of each what it is for, how big it is, how much memory and time it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QComboBox, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gpulab.ui.form.field import guarded
from gpulab.ui.form.strip import time_words
from gpulab.ui.form.words import capital, words
from gpulab.viewmodels.estimates import PresetChoice, preset_label
from gpulab.viewmodels.figures import si

_NAME = Qt.ItemDataRole.UserRole
_PURPOSE = Qt.ItemDataRole.UserRole + 1
_NEEDS = Qt.ItemDataRole.UserRole + 2
_PAD = 6

Index = QModelIndex | QPersistentModelIndex


class PresetPicker(QComboBox):
    """The list of presets. What each needs is worked out when the list opens, for what is chosen then."""

    picked = Signal(str)

    def __init__(self, choices: Callable[[], Sequence[PresetChoice]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        guarded(self)
        self.setAccessibleName(self.tr("Preset"))
        self.setPlaceholderText(self.tr("A size of your own"))
        self.setItemDelegate(_TwoLines(self))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(10)
        for choice in choices():
            self.addItem(preset_label(choice.name), None)
            self._describe(self.count() - 1, choice)
        self.activated.connect(lambda index: self.picked.emit(self.itemData(index, _NAME)))

    def show_preset(self, name: str | None) -> None:
        """Shows the preset that the model's fields have, if it is one."""
        self.setCurrentIndex(self.findData(name, _NAME) if name else -1)

    def refresh(self) -> None:
        """Works out anew what each preset needs."""
        for index, choice in enumerate(self._choices()):
            self._describe(index, choice)

    def showPopup(self) -> None:
        """Opens the list, as wide as its words and as fresh as the form."""
        self.refresh()
        hints = [
            self.itemDelegate().sizeHint(self._option(), self.model().index(row, 0)) for row in range(self.count())
        ]
        self.view().setMinimumWidth(max(hint.width() for hint in hints) + 4)
        super().showPopup()

    def _describe(self, index: int, choice: PresetChoice) -> None:
        forecast = choice.forecast
        facts = [
            self.tr("{n} parameters").format(n=si(forecast.estimate.parameters)),
            si(forecast.estimate.peak_bytes, "B") if choice.fits else self._too_much(forecast.estimate.peak_bytes),
            self.tr("time not measured yet") if forecast.seconds is None else time_words(self, forecast.seconds),
        ]
        purpose, needs = capital(words(choice.purpose)), " · ".join(facts)
        self.setItemData(index, choice.name, _NAME)
        self.setItemData(index, purpose, _PURPOSE)
        self.setItemData(index, needs, _NEEDS)
        self.setItemData(index, f"{preset_label(choice.name)}, {purpose}, {needs}", Qt.ItemDataRole.AccessibleTextRole)

    def _too_much(self, peak_bytes: int) -> str:
        return self.tr("{size}, too much for this machine").format(size=si(peak_bytes, "B"))

    def _option(self) -> QStyleOptionViewItem:
        option = QStyleOptionViewItem()
        option.font = self.font()
        return option


class _TwoLines(QStyledItemDelegate):
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


def _lines(index: Index) -> tuple[str, str, str]:
    return index.data(Qt.ItemDataRole.DisplayRole), index.data(_PURPOSE) or "", index.data(_NEEDS) or ""


def _fonts(option: QStyleOptionViewItem) -> tuple[QFont, QFont, QFont]:
    name, small = QFont(option.font), QFont(option.font)
    name.setWeight(QFont.Weight.DemiBold)
    small.setPointSizeF(small.pointSizeF() * 0.92)
    return name, small, small
