"""A bar for each part of a figure, such as the cores of a processor: up to hundreds in little room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme

_MOST_IN_ROW = 64
_GAP_SHARE = 0.25
_WIDEST, _WIDEST_GAP = 96.0, 10.0


class Bars(QWidget):
    """Draws percentages as bars that stand side by side, in several rows where there are more than 64."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.percent: Sequence[float] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(160, round(self.fontMetrics().height() * 2.4))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def show_percent(self, percent: Sequence[float]) -> None:
        """Shows these in place of what was shown."""
        if percent != self.percent:
            self.percent = percent
            self.update()

    def set_theme(self, theme: Theme) -> None:
        """Colours."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Each bar stands in a faint one that is full."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, percent in enumerate(self.percent):
            place = self.place(index)
            painter.setBrush(QColor(self._theme.border))
            painter.drawRect(place)
            painter.setBrush(QColor(self._theme.accent))
            painter.drawRect(place.adjusted(0, place.height() * (1.0 - min(percent, 100.0) / 100.0), 0, 0))
        painter.end()

    def place(self, index: int) -> QRectF:
        """Where the bar of that part stands."""
        rows = max(1, -(-len(self.percent) // _MOST_IN_ROW))
        in_row = max(1, -(-len(self.percent) // rows))
        width, height = min(self.width() / in_row, _WIDEST), self.height() / rows
        row, column = divmod(index, in_row)
        gap = min(max(1.0, width * _GAP_SHARE), _WIDEST_GAP)
        return QRectF(column * width, row * height + 1, width - gap, height - 2)

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the bar under the mouse."""
        if isinstance(event, QHelpEvent):
            spots = (index for index in range(len(self.percent)) if self.place(index).contains(event.pos().toPointF()))
            if (index := next(spots, None)) is not None:
                words = said("Core {number}: {percent} %").format(number=index, percent=f"{self.percent[index]:.0f}")
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)
