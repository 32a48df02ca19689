"""One gauge on the screen: a name, a large figure, what it is part of, and its last minutes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout

from gpulab.ui.hardware.strip import Strip
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.gauges import Gauge
from gpulab.viewmodels.hardware.history import SPAN_S
from gpulab.words import sentence

_LARGE = 1.55


class GaugeCard(QFrame):
    """Shows a `Gauge` and its past."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("card", True)
        self._theme = theme
        self.name, self.figure, self.beside = QLabel(), QLabel(), QLabel()
        self.name.setProperty("heading", True)
        self.beside.setProperty("muted", True)
        self.beside.setWordWrap(True)
        self.beside.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self.strip = Strip(theme, SPAN_S)
        figures = QHBoxLayout()
        figures.setSpacing(8)
        figures.addWidget(self.figure)
        figures.addWidget(self.beside, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(4)
        column.addWidget(self.name)
        column.addLayout(figures)
        column.addWidget(self.strip, 1)
        self.set_theme(theme)

    def show_gauge(self, gauge: Gauge, past: Sequence[tuple[float, float | None]]) -> None:
        """What the gauge reads now."""
        self.name.setText(said(gauge.label))
        self.figure.setText(gauge.figure)
        why = sentence(gauge.why, {}, said) if gauge.why else ""
        of = said("of {total}").format(total=gauge.of) if gauge.of and gauge.value is not None else ""
        self.beside.setText(why or " · ".join(filter(None, (of, gauge.beside))))
        self.setToolTip(said(gauge.help))
        self.setAccessibleName(f"{said(gauge.label)}: {gauge.figure} {self.beside.text()}")
        colour = self._theme.severity(gauge.severity) if gauge.severity else self._theme.accent
        self.strip.show_points(past, gauge.top, colour)
        self.strip.setVisible(not gauge.why)
        if self.property("severity") != gauge.severity:
            self.setProperty("severity", gauge.severity)
            self.style().unpolish(self)
            self.style().polish(self)

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._theme = theme
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        self.figure.setFont(font)
        self.strip.set_theme(theme)
