"""The strip over the charts: how calm, by what, and on which scale they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

if TYPE_CHECKING:
    from gpulab.ui.charts import ChartGrid

_SMOOTHING, _AXIS = "charts/smoothing", "charts/axis"
_NORMAL = 60


class ChartBar(QWidget):
    """Remembers its choices; `connect_to` applies them once the charts exist."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid: ChartGrid | None = None
        self.smoothing = QSlider(Qt.Orientation.Horizontal, minimum=0, maximum=99)
        self.amount = QLabel()
        self.axis = QComboBox()
        for key, words in (
            ("step", self.tr("Steps")),
            ("tokens", self.tr("Tokens")),
            ("seconds", self.tr("Time")),
            ("epoch", self.tr("Times through the text")),
        ):
            self.axis.addItem(words, key)
        self.log_x = self._toggle(self.tr("log x"), self.tr("Horizontal axis by powers of ten."))
        self.log_y = self._toggle(self.tr("log y"), self.tr("Vertical axis by powers of ten."))
        self.clip = self._toggle(self.tr("Clip"), self.tr("Leaves outliers out of the vertical range."))
        self._lay_out()
        self._restore()
        self.smoothing.valueChanged.connect(self._smooth)
        self.axis.currentIndexChanged.connect(self._choose_axis)
        self.log_x.clicked.connect(self._scale)
        self.log_y.clicked.connect(self._scale)

    def _lay_out(self) -> None:
        for widget, name, tip in (
            (self.smoothing, self.tr("Smoothing"), self.tr("0 shows the measured values; more draws a calmer curve.")),
            (self.axis, self.tr("Horizontal axis"), self.tr("What the charts count along the bottom.")),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(8)
        self._add(row, self.tr("S&moothing"), self.smoothing, self.amount)
        self._add(row, self.tr("&By"), self.axis)
        for toggle in (self.log_x, self.log_y, self.clip):
            row.addWidget(toggle)
        row.addStretch()
        self.dress()

    @staticmethod
    def _add(row: QHBoxLayout, words: str, widget: QWidget, *more: QWidget) -> None:
        caption = QLabel(words)
        caption.setBuddy(widget)
        caption.setProperty("muted", True)
        for each in (caption, widget, *more):
            row.addWidget(each)
        row.addSpacing(10)

    def _toggle(self, words: str, tip: str) -> QToolButton:
        button = QToolButton(text=words, checkable=True, toolTip=tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def dress(self) -> None:
        """Takes the size of the type."""
        self.smoothing.setFixedWidth(self.fontMetrics().height() * 7)
        self.amount.setFixedWidth(self.fontMetrics().horizontalAdvance("0.00") + 4)

    def _restore(self) -> None:
        settings = QSettings()
        self.smoothing.setValue(settings.value(_SMOOTHING, _NORMAL, type=int))  # type: ignore[arg-type]
        self.axis.setCurrentIndex(max(0, self.axis.findData(settings.value(_AXIS, "step", type=str))))
        self._show_amount()

    def connect_to(self, grid: ChartGrid) -> None:
        """Applies every choice to the charts, from now on too."""
        self._grid = grid
        grid.log_changed.connect(self._show_scale)
        self.clip.clicked.connect(grid.set_clip)
        self._smooth()
        self._choose_axis()

    def _show_amount(self) -> None:
        self.amount.setText(f"{self.smoothing.value() / 100:.2f}")

    def _smooth(self) -> None:
        self._show_amount()
        QSettings().setValue(_SMOOTHING, self.smoothing.value())
        if self._grid is not None:
            self._grid.set_smoothing(self.smoothing.value() / 100)

    def _choose_axis(self) -> None:
        QSettings().setValue(_AXIS, self.axis.currentData())
        if self._grid is not None:
            self._grid.set_x_axis(self.axis.currentData())

    def _scale(self) -> None:
        if self._grid is not None:
            self._grid.set_log(self.log_x.isChecked(), self.log_y.isChecked())

    def _show_scale(self, x: bool, y: bool) -> None:
        for button, on in ((self.log_x, x), (self.log_y, y)):
            with QSignalBlocker(button):
                button.setChecked(on)
