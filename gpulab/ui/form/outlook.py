"""What lies ahead depends on the form, on the text and on earlier runs, which only meet here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from gpulab.spec.problem import Problem
from gpulab.ui.form.strip import EstimatesStrip
from gpulab.ui.form.vocabulary import Vocabulary
from gpulab.viewmodels.estimates import MeasuredSpeed, PresetChoice, forecast, memory_of, preset_choices
from gpulab.viewmodels.form import FormModel

_FIRST_GUESS = 256


class Outlook(QObject):
    """The estimates for what the form shows. `changed` tells that the text was read."""

    changed = Signal()

    def __init__(self, model: FormModel, speed: MeasuredSpeed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.speed, self.waits = speed, False
        self._model = model
        self._vocabulary = Vocabulary(self)
        self._vocabulary.changed.connect(self.changed)
        self._vocab_size = _FIRST_GUESS

    def show(self, strip: EstimatesStrip) -> None:
        """Brings the strip up to date, empty while a field is wrong or the techniques are still to come (`waits`).

        While a text is being read it goes on with the last known vocabulary.
        """
        experiment = self._model.shown
        found = self._vocabulary.of(experiment.data)
        if isinstance(found, int):
            self._vocab_size = found
        if self.waits:
            strip.show_nothing(strip.tr("Working it out …"))
            return
        if not self._model.legal:
            strip.show_nothing(strip.tr("See the marked setting."))
            return
        ahead = forecast(experiment, self._vocab_size, self.speed, self._model.device)
        strip.show_forecast(ahead, self._memory_bytes(), reading=found is None)

    def presets(self) -> Sequence[PresetChoice]:
        """The presets, with what each would need for the text and the techniques chosen now."""
        return preset_choices(self._model.shown, self._vocab_size, self._memory_bytes(), self.speed, self._model.device)

    def problems(self) -> tuple[Problem, ...]:
        """What reading the person's own text met."""
        found = self._vocabulary.of(self._model.shown.data)
        return found if isinstance(found, tuple) else ()

    def forget_problems(self) -> None:
        """Has a text read again that could not be read."""
        self._vocabulary.forget_problems()

    def _memory_bytes(self) -> int:
        return memory_of(self._model.machine, self._model.device)
