"""How all charts are looked at: the x-axis, the smoothing, logarithms and outliers, in one quiet line."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolButton, QWidget

from gpulab.ui.charts.model import ChartState
from gpulab.viewmodels.series import XAxis

AXES: tuple[XAxis, ...] = ("step", "tokens", "seconds", "epoch")


class ChartControls(QWidget):
    """Emits what is wanted; the grid acts and calls `show_state`."""

    axis_wanted = Signal(str)
    smoothing_wanted = Signal(float)
    log_wanted = Signal(bool, bool)
    clip_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.axis = self._axis_box()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 99)
        calm = self.tr("How calm the curves are; 0 shows only what was measured. Raw values stay faint behind.")
        self._help(self.slider, self.tr("Smoothing"), calm)
        self.amount = QLabel()
        self.log_x = self._toggle(self.tr("log x"), self.tr("Logarithmic horizontal axis"))
        self.log_y = self._toggle(self.tr("log y"), self.tr("Logarithmic vertical axes"))
        self.clip = self._toggle(self.tr("clip"), self.tr("Leave out outliers when choosing the vertical range"))
        self._words = (QLabel(self.tr("by")), QLabel(self.tr("smooth")))
        self._lay_out()
        self.axis.currentIndexChanged.connect(lambda: self.axis_wanted.emit(self.axis.currentData()))
        self.slider.valueChanged.connect(lambda value: self.smoothing_wanted.emit(value / 100))
        for button in (self.log_x, self.log_y):
            button.clicked.connect(lambda: self.log_wanted.emit(self.log_x.isChecked(), self.log_y.isChecked()))
        self.clip.clicked.connect(self.clip_wanted)

    def show_state(self, state: ChartState, log_y: bool) -> None:
        """Shows how the charts are looked at now, without asking for anything."""
        for widget in (self.axis, self.slider):
            widget.blockSignals(True)
        self.axis.setCurrentIndex(AXES.index(state.axis))
        self.slider.setValue(round(state.smoothing * 100))
        for widget in (self.axis, self.slider):
            widget.blockSignals(False)
        self.amount.setText(f"{state.smoothing:.2f}")
        self.log_x.setChecked(state.log_x)
        self.log_y.setChecked(log_y)
        self.clip.setChecked(state.clip)

    def set_brief(self, brief: bool) -> None:
        """Without the words that tooltips say too, where there is little room."""
        for label in self._words:
            label.setHidden(brief)
        self._dress_slider(brief)

    def dress(self) -> None:
        """Takes the size of the type."""
        self._dress_slider(self._words[0].isHidden())
        self.amount.setFixedWidth(self.fontMetrics().horizontalAdvance("0.00") + 4)

    def _dress_slider(self, brief: bool) -> None:
        self.slider.setFixedWidth(self.fontMetrics().height() * (4 if brief else 6))

    def _lay_out(self) -> None:
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for label in self._words:
            label.setProperty("muted", True)
        by, smooth = self._words
        for group in ((by, self.axis), (smooth, self.slider, self.amount), (self.log_x, self.log_y, self.clip)):
            if layout.count():
                layout.addSpacing(8)
            for widget in group:
                layout.addWidget(widget)

    def _axis_box(self) -> QComboBox:
        box = QComboBox()
        names = (self.tr("step"), self.tr("tokens"), self.tr("time"), self.tr("epoch"))
        for name, axis in zip(names, AXES, strict=True):
            box.addItem(name, axis)
        self._help(box, self.tr("Horizontal axis"), self.tr("What the charts count along the bottom"))
        return box

    def _toggle(self, words: str, help: str) -> QToolButton:
        button = QToolButton()
        button.setText(words)
        button.setCheckable(True)
        button.setProperty("boxed", True)
        self._help(button, help, help)
        return button

    @staticmethod
    def _help(widget: QWidget, name: str, help: str) -> None:
        widget.setAccessibleName(name)
        widget.setToolTip(help)
