"""The top line of a chart's card: what it shows on the left, how much it is right now on the right, in large type."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.theme import Theme

LARGE = 1.4
GAP = 8
Sample = tuple[str, Qt.PenStyle, float, bool]  # label, dash, width, dotted


class PanelHeader(QWidget):
    """Painted on one base line, because labels of three sizes in a row never sit straight."""

    def __init__(self, title: str, subtitle: str, theme: Theme) -> None:
        super().__init__()
        self._title, self._subtitle = title, subtitle
        self.value = ""
        self._color: QColor | None = None
        self._samples: list[Sample] = []
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_value(self, value: str, color: QColor | None, samples: list[Sample]) -> None:
        """Sets the large figure, the colour of the run it belongs to, and which line is which."""
        if (value, color, samples) != (self.value, self._color, self._samples):
            self.value, self._color, self._samples = value, color, samples
            self.update()

    def dress(self, theme: Theme) -> None:
        """Takes the theme's colours and the application's type."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """One line of large type."""
        return QSize(200, QFontMetrics(self._large()).height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws title, subtitle, line samples and figure; what has no room is left out, the subtitle first."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        large = QFontMetrics(self._large())
        base = (self.height() - large.height()) // 2 + large.ascent()
        left, right = 0, self._paint_value(painter, base)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        left = self._words(painter, bold, self._theme.text, self._title, left, right, base)
        room = right - left - self._samples_width()
        if room < 0:
            return
        if self.fontMetrics().horizontalAdvance(self._subtitle) <= room:
            left = self._words(painter, self.font(), self._theme.muted, self._subtitle, left, right, base)
        self._paint_samples(painter, left, base)

    def _words(self, painter: QPainter, font: QFont, color: str, text: str, left: int, right: int, base: int) -> int:
        metrics = QFontMetrics(font)
        if right - left < metrics.horizontalAdvance("mm"):
            return left
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, right - left)
        painter.setFont(font)
        painter.setPen(QColor(color))
        painter.drawText(left, base, shown)
        return left + metrics.horizontalAdvance(shown) + GAP

    def _paint_value(self, painter: QPainter, base: int) -> int:
        if not self.value:
            return self.width()
        font = self._large()
        left = self.width() - QFontMetrics(font).horizontalAdvance(self.value)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text))
        painter.drawText(left, base, self.value)
        if self._color is None:
            return left - GAP
        dot = QFontMetrics(self.font()).xHeight() * 1.15
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color)
        middle = base - QFontMetrics(font).capHeight() / 2
        painter.drawEllipse(QRectF(left - dot - 7, middle - dot / 2, dot, dot))
        return round(left - dot - 7) - GAP

    def _samples_width(self) -> int:
        metrics = QFontMetrics(self.font())
        return sum(metrics.horizontalAdvance(label) + self._dash_width() + 10 for label, *_ in self._samples)

    def _paint_samples(self, painter: QPainter, left: int, base: int) -> None:
        metrics = QFontMetrics(self.font())
        middle = base - metrics.xHeight() // 2
        painter.setFont(self.font())
        for label, dash, width, dot in self._samples:
            painter.setPen(QPen(QColor(self._theme.muted), width, dash, Qt.PenCapStyle.FlatCap))
            painter.drawLine(left, middle, left + self._dash_width(), middle)
            painter.setPen(QColor(self._theme.muted))
            if dot:
                painter.setBrush(QColor(self._theme.muted))
                painter.drawEllipse(QPointF(left + self._dash_width() / 2, middle), width, width)
            painter.drawText(left + self._dash_width() + 4, base, label)
            left += self._dash_width() + 4 + metrics.horizontalAdvance(label) + 6

    def _dash_width(self) -> int:
        return round(QFontMetrics(self.font()).height() * 1.1)

    def _large(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        font.setFeature(QFont.Tag("tnum"), 1)  # digits of one width: a live figure must not tremble
        return font
