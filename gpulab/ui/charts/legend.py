"""Which run is which: one legend for all charts, outside of them, so that it covers no curve and grows with the type"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.charts.model import ChartState, PlottedRun

GAP = 16


class LegendStrip(QWidget):
    """A line of colour samples and names that wraps; pointing at one lights that run up in every chart."""

    pointed = Signal(str)

    def __init__(self, state: ChartState) -> None:
        super().__init__()
        self._state = state
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Runs on the charts"))

    def refresh(self) -> None:
        """Shows the runs of the state."""
        self.setAccessibleDescription(", ".join(run.label for run in self._state.runs.values()))
        self.updateGeometry()
        self.update()

    @property
    def whole_width(self) -> int:
        """What one line for all names takes."""
        places = self._places(1 << 16)
        return places[-1][1].right() + 1 if places else 0

    def heightForWidth(self, width: int) -> int:
        """As many lines as the names need."""
        places = self._places(width)
        return places[-1][1].bottom() + 1 if places else 0

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(200, self._line() if self._state.runs else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws samples and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, metrics = self._state.theme, self.fontMetrics()
        for run, place in self._centred():
            color, dash = run.style(theme)
            lit = self._state.highlight in (None, run.run_id)
            color.setAlphaF(1.0 if lit else 0.35)
            middle = place.center().y() + 0.5
            painter.setPen(QPen(color, 2.6, dash, Qt.PenCapStyle.FlatCap))
            painter.drawLine(QPointF(place.left(), middle), QPointF(place.left() + self._swatch(), middle))
            painter.setPen(QColor(theme.text if lit else theme.muted))
            words = place.adjusted(self._swatch() + 6, 0, 0, 0)
            label = metrics.elidedText(run.label, Qt.TextElideMode.ElideMiddle, words.width())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lights up the run under the mouse."""
        where = event.position().toPoint()
        self.pointed.emit(next((run.run_id for run, place in self._centred() if place.contains(where)), ""))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self.pointed.emit("")

    def _places(self, width: int) -> list[tuple[PlottedRun, QRect]]:
        places: list[tuple[PlottedRun, QRect]] = []
        left = top = 0
        for run in self._state.runs.values():
            words = min(self.fontMetrics().horizontalAdvance(run.label) + 2, self.fontMetrics().height() * 12)
            wanted = min(self._swatch() + 6 + words, max(width, 1))
            if left and left + wanted > width:
                left, top = 0, top + self._line()
            places.append((run, QRect(left, top, wanted, self._line())))
            left += wanted + GAP
        return places

    def _centred(self) -> list[tuple[PlottedRun, QRect]]:
        places = self._places(self.width())
        spare = max(0, self.height() - places[-1][1].bottom() - 1) // 2 if places else 0
        return [(run, place.translated(0, spare)) for run, place in places]

    def _line(self) -> int:
        return round(self.fontMetrics().height() * 1.25)

    def _swatch(self) -> int:
        return round(self.fontMetrics().height() * 1.5)
