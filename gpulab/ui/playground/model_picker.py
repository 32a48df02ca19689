"""Picks one of the models that finished runs left."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.playground.models import Model

_DOT = 10
_LETTERS = 14


class ModelPicker(QComboBox):
    """A list of models. `picked` tells that a person chose another one; `model` is None where none is chosen."""

    picked = Signal()

    def __init__(self, name: str, theme: Theme, optional: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._optional = theme, optional
        self._models: list[Model | None] = []
        self.setAccessibleName(name)
        self.setMinimumContentsLength(_LETTERS)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(lambda _: self.picked.emit())
        self.show_models([])

    @property
    def model_(self) -> Model | None:
        """The chosen model."""
        return self._models[self.currentIndex()] if 0 <= self.currentIndex() < len(self._models) else None

    @property
    def known(self) -> list[Model]:
        """What can be chosen."""
        return [model for model in self._models if model is not None]

    def show_models(self, models: Sequence[Model]) -> None:
        """Offers `models`; what was chosen stays chosen if it is among them."""
        before = self.model_
        self._models = [*([None] if self._optional or not models else []), *models]
        self.clear()
        for model in self._models:
            self.addItem(*self._item(model))
        self.choose(before)

    def choose(self, model: Model | None) -> None:
        """Shows `model` as chosen, or the first one where it is not there."""
        self.setCurrentIndex(self._models.index(model) if model in self._models else 0)
        self.setToolTip(f"{self.currentText()}\n{self.model_.run_dir}" if self.model_ else "")

    def set_theme(self, theme: Theme) -> None:
        """Draws the dots in the theme's colours."""
        self._theme = theme
        for place, model in enumerate(self._models):
            self.setItemIcon(place, self._item(model)[0])

    def _item(self, model: Model | None) -> tuple[QIcon, str]:
        if model is None:
            return QIcon(), said("None") if self._optional else said("No finished run yet")
        dot = QPixmap(_DOT, _DOT)
        dot.fill(QColor(run_style(model.color_index, self._theme)[0]))
        if model.comparison:
            return QIcon(dot), f"{model.name} ({model.comparison})"
        return QIcon(dot), f"{model.name}, {said('compressed')}" if model.compressed else model.name
