"""A waterfall as rows: what each change brought on top of those before it, or in words why it was not tried."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gpulab.ui.lab.words import capital, said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.finding_of_tuning import outcome_of
from gpulab.viewmodels.finding_values import Fall, Waterfall
from gpulab.words import sentence

_AIR = 1.05  # of the furthest reach
_SHARES = (5, 6, 0, 3)  # of the width: label, bar, ratio, outcome
_GOOD = ("kept", "together")
_BAD = ("slower", "harmful")


class FallBar(QWidget):
    """From where the changes before it had come to where this one leads, with the interval as a line across its end."""

    def __init__(self, theme: Theme, fall: Fall, reach: float) -> None:
        super().__init__()
        self.theme, self.fall, self._reach = theme, fall, reach
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(160, round(self.fontMetrics().height() * 1.3))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The part that was there before is faint."""
        fall = self.fall
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        start, end = self._x(fall.start), self._x(fall.start * (fall.ratio or 1.0))
        if fall.outcome == "together":
            painter.fillRect(self._bar(0, end), QColor(self.theme.accent))
        else:
            painter.fillRect(self._bar(0, min(start, end)), QColor(self.theme.border))
            painter.fillRect(self._bar(min(start, end), max(start, end)), QColor(_color(fall.outcome, self.theme)))
        if fall.low is not None and fall.high is not None:
            middle = self.height() / 2
            low, high = (self._x(fall.start * bound) for bound in (fall.low, fall.high))
            painter.setPen(QPen(QColor(self.theme.text), 1.4))
            painter.drawLine(round(low), round(middle), round(high), round(middle))
            for x in (low, high):
                painter.drawLine(round(x), round(middle - 3), round(x), round(middle + 3))
        painter.end()

    def _x(self, value: float) -> float:
        return min(value, self._reach) / self._reach * (self.width() - 2)

    def _bar(self, left: float, right: float) -> QRectF:
        height = self.height() * 0.62
        return QRectF(left, (self.height() - height) / 2, right - left, height)


class WaterfallPanel(QFrame):
    """A card that shows a `Waterfall`, and quiet words while there is nothing in it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._theme = theme
        self._shown: Waterfall | None = None
        self.title = QLabel()
        self.title.setProperty("heading", True)
        self.bars: list[FallBar] = []
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 6)
        column.addWidget(self.title)
        column.addWidget(self._area, 1)

    def set_theme(self, theme: Theme) -> None:
        """Draws everything in the theme's colours."""
        self._theme = theme
        if self._shown is not None:
            shown, self._shown = self._shown, None
            self.show_waterfall(shown)

    def show_waterfall(self, waterfall: Waterfall) -> None:
        """Shows `waterfall` in place of what was shown, and the newest row."""
        if waterfall == self._shown:
            return
        self._shown = waterfall
        unit = f"<span style='color:{self._theme.muted};font-weight:400'>{said(waterfall.unit)}</span>"
        self.title.setText(f"{said(waterfall.title)}  {unit}")
        self.setAccessibleName(said(waterfall.title))
        reach = _AIR * max([1.0, *(fall.start * (fall.high or fall.ratio or 1.0) for fall in waterfall.falls)])
        self.bars = [FallBar(self._theme, fall, reach) for fall in waterfall.falls if fall.ratio is not None]
        rows = self._rows(waterfall)
        self._area.setWidget(rows)
        for ground in (self._area.viewport(), rows):
            ground.setAutoFillBackground(False)  # the card's own shows through
        if self.bars:
            self._area.verticalScrollBar().rangeChanged.connect(self._show_newest)

    def _show_newest(self) -> None:
        self._area.ensureWidgetVisible(self.bars[-1])

    def _rows(self, waterfall: Waterfall) -> QWidget:
        """What was measured in the order in which it was, then what was not, each with its reason."""
        inner = QWidget()
        grid = QGridLayout(inner)
        grid.setContentsMargins(0, 4, 8, 4)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for column, share in enumerate(_SHARES):
            grid.setColumnStretch(column, share)
        for bar in self.bars:
            self._add_bar(grid, bar)
        left_out = [fall for fall in waterfall.falls if fall.ratio is None]
        if left_out and self.bars:
            heading = QLabel(said("Not tried, or given up"))
            heading.setProperty("heading", True)
            grid.addWidget(heading, grid.rowCount(), 0, 1, len(_SHARES))
        for fall in left_out:
            reason = sentence(fall.reason.key, fall.reason.arguments, said) if fall.reason else said(outcome_of(fall))
            at = grid.rowCount()
            grid.addWidget(_wrapping(said(fall.label)), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_wrapping(capital(reason)), at, 1, 1, len(_SHARES) - 1)
        if not waterfall.falls:
            quiet = _wrapping(said("Nothing measured yet."))
            quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(quiet, 0, 0, 1, len(_SHARES))
        else:
            grid.setRowStretch(grid.rowCount(), 1)
        return inner

    def _add_bar(self, grid: QGridLayout, bar: FallBar) -> None:
        fall, at = bar.fall, grid.rowCount()
        words = said("{label}: {ratio} times as fast, {low} to {high}").format(
            label=said(fall.label), ratio=f"{fall.ratio:.2f}", low=_two(fall.low), high=_two(fall.high)
        )
        bar.setToolTip(words)
        bar.setAccessibleName(words)
        label, outcome = _wrapping(said(fall.label), muted=False), QLabel(said(outcome_of(fall)))
        severity = _severity(fall.outcome)
        outcome.setProperty("severity" if severity else "muted", severity or True)
        for column, widget in enumerate((label, bar, QLabel(f"{fall.ratio:.2f}x"), outcome)):
            grid.addWidget(widget, at, column)


def _wrapping(text: str, muted: bool = True) -> QLabel:
    label = QLabel(text)
    label.setProperty("muted", muted)
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
    return label


def _two(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"


def _severity(outcome: str) -> str:
    return "good" if outcome in _GOOD else "danger" if outcome in _BAD else ""


def _color(outcome: str, theme: Theme) -> str:
    return theme.severity(_severity(outcome))
