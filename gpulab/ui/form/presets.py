"""Sizes are picked from a list that says of each what it is for, how big it is, how much memory and time it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from gpulab.spec.presets import PRESETS
from gpulab.ui.form.field import guarded
from gpulab.ui.form.strip import time_words
from gpulab.ui.form.words import capital, words
from gpulab.viewmodels.estimates import PresetChoice, preset_label
from gpulab.viewmodels.figures import si

_NAME = Qt.ItemDataRole.UserRole


class PresetPicker(QComboBox):
    """The list of presets. What each needs is worked out when the list opens, for what is chosen then."""

    picked = Signal(str)

    def __init__(self, choices: Callable[[], Sequence[PresetChoice]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        guarded(self)
        self.setAccessibleName(self.tr("Preset"))
        self.setPlaceholderText(self.tr("A size of your own"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setMaxVisibleItems(10)
        for name in PRESETS:
            self.addItem(preset_label(name))
            self.setItemData(self.count() - 1, name, _NAME)
        self.activated.connect(lambda index: self.picked.emit(self.itemData(index, _NAME)))

    def show_preset(self, name: str | None) -> None:
        """Shows the preset that the model's fields have, if it is one."""
        self.setCurrentIndex(self.findData(name, _NAME) if name else -1)

    def refresh(self) -> None:
        """Works out anew what each preset needs."""
        from gpulab.ui.form.preset_list import TwoLines

        if not isinstance(self.itemDelegate(), TwoLines):
            self.setItemDelegate(TwoLines(self))
        for index, choice in enumerate(self._choices()):
            self._describe(index, choice)

    def showPopup(self) -> None:
        """Opens the list, as wide as its words and as fresh as the form."""
        from gpulab.ui.form.preset_list import option_with

        self.refresh()
        option = option_with(self.font())
        hints = [self.itemDelegate().sizeHint(option, self.model().index(row, 0)) for row in range(self.count())]
        self.view().setMinimumWidth(max(hint.width() for hint in hints) + 4)
        super().showPopup()

    def _describe(self, index: int, choice: PresetChoice) -> None:
        from gpulab.ui.form.preset_list import NEEDS, PURPOSE

        forecast = choice.forecast
        facts = [
            self.tr("{n} parameters").format(n=si(forecast.estimate.parameters)),
            si(forecast.estimate.peak_bytes, "B") if choice.fits else self._too_much(forecast.estimate.peak_bytes),
            self.tr("time not measured yet") if forecast.seconds is None else time_words(self, forecast.seconds),
        ]
        purpose, needs = capital(words(choice.purpose)), " · ".join(facts)
        self.setItemData(index, purpose, PURPOSE)
        self.setItemData(index, needs, NEEDS)
        self.setItemData(index, f"{preset_label(choice.name)}, {purpose}, {needs}", Qt.ItemDataRole.AccessibleTextRole)

    def _too_much(self, peak_bytes: int) -> str:
        return self.tr("{size}, too much for this machine").format(size=si(peak_bytes, "B"))
