"""Bars made of parts, one below the other on one scale, each part with its name where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from gpulab.ui.hardware.part_colours import part_brush, part_colour, text_on
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.bars import Bar, Slice

_GAP, _PAD = 10, 6
_THICK = 1.9  # line heights


class StackedBars(QWidget):
    """The bars with a legend that says every part in figures."""

    def __init__(self, theme: Theme, legend: bool = True) -> None:
        """`legend`: below the bars; else somebody else says which colour is which."""
        super().__init__()
        self._theme = theme
        self._bars: Sequence[Bar] = ()
        self._rows = _Rows(theme)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._rows)
        column.addWidget(self.legend)
        self.legend.setVisible(legend)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Shows `bars` in place of what was shown; the legend is of the first."""
        self._bars = bars
        self._rows.show_bars(bars)
        told = [f"{said(one.label)} {one.figure} ({one.share})" for one in bars[0].slices] if bars else []
        self.setAccessibleName(", ".join(told))
        self._rows.setAccessibleName(self.accessibleName())
        self.legend.setText(
            "&nbsp;&nbsp;&nbsp; ".join(self._legend_of(one) for one in (bars[0].slices if bars else ()))
        )

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._theme = theme
        self._rows.set_theme(theme)
        self.show_bars(self._bars)

    def _legend_of(self, one: Slice) -> str:
        theme = self._theme
        glyph = "▨" if one.key == "idle" else "■"
        words = f"{escape(said(one.label))} <b>{escape(one.share)}</b>".replace(" ", "&nbsp;")
        figure = one.figure.replace(" ", "&nbsp;")
        mark = f"<span style='color:{part_colour(one.key, theme)}'>{glyph}</span>"
        return f"{mark}&nbsp;{words}&nbsp;<span style='color:{theme.muted}'>{figure}</span>"


class _Rows(QWidget):
    """Label, bar, figure; a row each."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars: Sequence[Bar] = ()
        self._places: list[tuple[QRectF, Slice]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        self._bars = bars
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = max(1, len(self._bars))
        return QSize(400, round(rows * self._thick() + (rows - 1) * _GAP) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.sizeHint().height())

    def _thick(self) -> float:
        return self.fontMetrics().height() * _THICK

    def paintEvent(self, event: QPaintEvent) -> None:
        """Every bar as long as its whole is of the longest."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        before = max((metrics.horizontalAdvance(said(bar.label)) for bar in self._bars), default=0) + 2 * _PAD
        behind = max((QFontMetrics(strong).horizontalAdvance(bar.figure) for bar in self._bars), default=0) + 2 * _PAD
        room = max(10.0, self.width() - before - behind)
        most = max((bar.amount for bar in self._bars), default=0.0) or 1.0
        self._places = []
        for number, bar in enumerate(self._bars):
            top = number * (self._thick() + _GAP) + 2
            painter.setPen(QColor(self._theme.muted))
            name = QRectF(0, top, before - _PAD, self._thick())
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, said(bar.label))
            end = self._draw(painter, bar, before, top, room / most)
            painter.setPen(QColor(self._theme.text))
            painter.setFont(strong)
            figure = QRectF(end + _PAD, top, behind, self._thick())
            painter.drawText(figure, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, bar.figure)
            painter.setFont(self.font())
        painter.end()

    def _draw(self, painter: QPainter, bar: Bar, left: float, top: float, scale: float) -> float:
        """Returns where the bar ends."""
        metrics, at = self.fontMetrics(), left
        for one in bar.slices:
            width = one.amount * scale
            rect = QRectF(at, top, max(width - 1.0, 0.6), self._thick())
            painter.fillRect(rect, part_brush(one.key, self._theme))
            if one.key == "idle":
                painter.setPen(QColor(self._theme.strong_border))
                painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
            words = next((each for each in _shorter(one) if metrics.horizontalAdvance(each) + 2 * _PAD < width), "")
            painter.setPen(QColor(text_on(one.key, self._theme)))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
            self._places.append((rect, one))
            at += width
        return at

    def event(self, event: QEvent) -> bool:
        """Every part says what it is under the mouse."""
        if isinstance(event, QHelpEvent):
            found = next((one for rect, one in self._places if rect.contains(event.pos())), None)
            words = f"{said(found.label)}: {found.figure} ({found.share})\n{said(found.help)}" if found else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


def _shorter(one: Slice) -> tuple[str, ...]:
    return f"{said(one.label)}  {one.share}", said(one.label), one.share
