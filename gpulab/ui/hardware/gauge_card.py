"""One gauge on the screen: a name, a large figure, what it is part of, and its last minutes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from gpulab.ui.hardware.bars import Bars
from gpulab.ui.lab.words import said
from gpulab.ui.strip import Strip
from gpulab.ui.theme import Theme
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.hardware.gauges import Gauge
from gpulab.viewmodels.hardware.history import SPAN_S, Point
from gpulab.words import sentence

_LARGE = 1.55


class GaugeCard(QFrame):
    """Shows a `Gauge` and its past."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._theme = theme
        self._told: tuple[Gauge, bool] | None = None
        self.name, self.aside, self.figure, self.beside, self.why = (QLabel() for _ in range(5))
        self.strip, self.bars = Strip(theme, _ago), Bars(theme)
        self._lay_out()
        self.set_theme(theme)

    def _lay_out(self) -> None:
        self.name.setProperty("heading", True)
        for label in (self.aside, self.beside, self.why):
            label.setProperty("muted", True)
        self.why.setWordWrap(True)
        self.why.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.beside.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self.aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for label in (self.aside, self.beside):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        top, figures = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.name)
        top.addWidget(self.aside, 1)
        figures.setSpacing(8)
        figures.addWidget(self.figure)
        figures.addWidget(self.beside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(4)
        column.addLayout(top)
        column.addLayout(figures)
        column.addWidget(self.strip, 1)
        column.addWidget(self.bars, 1)
        column.addWidget(self.why, 1)

    def show_gauge(self, gauge: Gauge, past: Sequence[Point], now: float, gone: bool = False) -> None:
        """What the gauge reads `now`; of a device that is `gone`, only its past."""
        if (gauge, gone) != self._told:
            self._told = gauge, gone
            self._tell(gauge, gone)
        self._show_past(gauge, past, now, gone)

    def _tell(self, gauge: Gauge, gone: bool) -> None:
        why = sentence(gauge.why, {}, said) if gauge.why and not gauge.pending and not gone else ""
        aside = sentence(gauge.aside.key, gauge.aside.arguments, said) if gauge.aside else ""
        of = said("of {total}").format(total=gauge.of) if gauge.of and gauge.value is not None else ""
        during = "" if gauge.during_s is None else said("in {time}").format(time=duration(round(gauge.during_s)))
        self.name.setText(said(gauge.label))
        self.figure.setText(gauge.figure)
        self.aside.setText(aside)
        self.beside.setText(" · ".join(filter(None, (of, gauge.beside, during))))
        self.why.setText(why)
        self.setToolTip(said(gauge.help))
        told = why or " ".join(filter(None, (gauge.figure, self.beside.text(), aside)))
        self.setAccessibleName(f"{said(gauge.label)}: {told}")
        self.strip.setAccessibleName(said("{name}: the last two minutes").format(name=said(gauge.label)))
        self.figure.setHidden(bool(why))
        self.beside.setHidden(bool(why))
        self.why.setVisible(bool(why))
        self.strip.setVisible(not why and not gauge.parts)
        self.bars.setVisible(bool(gauge.parts))
        if self.property("severity") != gauge.severity:
            self.setProperty("severity", gauge.severity)
            self.style().unpolish(self)
            self.style().polish(self)

    def _show_past(self, gauge: Gauge, past: Sequence[Point], now: float, gone: bool) -> None:
        if gauge.parts:
            self.bars.show_percent(gauge.parts)
            return
        loud = gauge.severity in ("warning", "danger")
        colour = self._theme.severity(gauge.severity) if loud else self._theme.accent
        self.strip.show_points(past, now - SPAN_S, now, gauge.top, self._theme.muted if gone else colour)

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._theme = theme
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        self.figure.setFont(font)
        self.strip.set_theme(theme)
        self.bars.set_theme(theme)


def _ago(at: float, now: float) -> str:
    seconds = now - at
    return said("now") if seconds < 1.0 else said("{time} ago").format(time=duration(round(seconds)))
