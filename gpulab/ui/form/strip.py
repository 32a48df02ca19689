"""What a training will need stands in plain words before Run is pressed, with the exact figures one hover away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QWidget

from gpulab.spec.estimates import Estimate
from gpulab.ui.form.row import note
from gpulab.viewmodels.estimates import Forecast
from gpulab.viewmodels.figures import NONE, duration, si


class EstimatesStrip(QWidget):
    """Three large figures (parameters, memory, tokens a step) over the arithmetic and the time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 2, 0, 0)
        self._layout.setVerticalSpacing(0)
        self._layout.setHorizontalSpacing(8)
        self._layout.setRowMinimumHeight(2, 5)
        captions = (self.tr("parameters"), self.tr("for tensors"), self.tr("tokens a step"))
        self._figures = [self._column(place, caption) for place, caption in enumerate(captions)]
        self.parameters = self._figures[0]
        self._flops, self._time, self._warning = note(self), note(self), note(self, "warning")
        for row, line in enumerate((self._flops, self._time, self._warning), start=3):
            self._layout.addWidget(line, row, 0, 1, 3)

    def show_forecast(self, forecast: Forecast, memory_bytes: int, reading: bool) -> None:
        """Shows `forecast` for a device of `memory_bytes`; `reading`: the text's vocabulary is not known yet."""
        estimate = forecast.estimate
        figures = (si(estimate.parameters), si(estimate.peak_bytes, "B"), _grouped(forecast.tokens_per_step))
        for label, text, exact in zip(self._figures, figures, self._exact(forecast), strict=True):
            label.setText(text)
            label.setToolTip(exact)
            label.setAccessibleDescription(exact)
        flops = self.tr("{n} floating-point operations a token").format(n=si(estimate.flops_per_token))
        self._flops.setText(self.tr("Reading the text …") if reading else flops)
        self._flops.setToolTip(self._exact_flops(forecast))
        self._time.setText(self.tr("Time on this machine: {time}").format(time=time_words(self, forecast.seconds)))
        self._time.setToolTip(self._exact_time(forecast))
        self._warning.setText(self._too_much(estimate.peak_bytes, memory_bytes))
        self._warning.setVisible(bool(self._warning.text()))

    def show_nothing(self, why: str) -> None:
        """Dashes: there are no figures for what the fields say now, and those of something else would mislead."""
        for label in (*self._figures, self._flops, self._time):
            label.setToolTip("")
        for label in self._figures:
            label.setText(NONE)
            label.setAccessibleDescription("")
        self._flops.setText(why)
        self._time.setText("")
        self._warning.hide()

    def set_scale(self) -> None:
        """Takes the size of the application's type anew."""
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * 1.15)
        font.setWeight(QFont.Weight.DemiBold)
        for label in self._figures:
            label.setFont(font)

    def _column(self, place: int, caption: str) -> QLabel:
        figure, below = QLabel(NONE, self), QLabel(caption, self)
        figure.setAccessibleName(caption)
        below.setProperty("muted", True)
        self._layout.addWidget(figure, 0, place, Qt.AlignmentFlag.AlignBottom)
        self._layout.addWidget(below, 1, place)
        return figure

    def _exact(self, forecast: Forecast) -> tuple[str, str, str]:
        counted = self.tr("{n} numbers that the training adjusts").format(n=_grouped(forecast.estimate.parameters))
        tokens = self.tr("batch times accumulation times context; {n} tokens in the whole training")
        return counted, self._exact_memory(forecast.estimate), tokens.format(n=_grouped(forecast.tokens))

    def _exact_memory(self, estimate: Estimate) -> str:
        parts = {
            self.tr("weights"): estimate.weights_bytes,
            self.tr("gradients"): estimate.gradients_bytes,
            self.tr("optimizer"): estimate.optimizer_bytes,
            self.tr("what a batch leaves behind"): estimate.activations_bytes,
        }
        listed = ", ".join(f"{name} {si(count, 'B')}" for name, count in parts.items())
        text = self.tr(
            "{n} bytes of tensors at the peak: {parts}. The process needs about 400 MB more (Python and PyTorch)."
        )
        return text.format(n=_grouped(estimate.peak_bytes), parts=listed)

    def _exact_flops(self, forecast: Forecast) -> str:
        text = self.tr("{n} floating-point operations (FLOPs) to train on one token, forward and backward")
        return text.format(n=_grouped(forecast.estimate.flops_per_token))

    def _exact_time(self, forecast: Forecast) -> str:
        if forecast.seconds is None:
            return self.tr("No run like this one has been measured on this machine yet.")
        return self.tr("{n} tokens at the speed measured in earlier runs").format(n=_grouped(forecast.tokens))

    def _too_much(self, needed: int, there_is: int) -> str:
        if needed <= there_is:
            return ""
        return self.tr("More memory than the {have} here: the training will stop.").format(have=si(there_is, "B"))


def time_words(widget: QWidget, seconds: float | None) -> str:
    """A duration as a person would say it."""
    return widget.tr("not measured yet") if seconds is None else duration(seconds)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
