"""The left column of the Playground: which models, what they go on from, how they draw their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gpulab.spec.jobs import ASKS
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import error_sentence
from gpulab.ui.lab.words import said
from gpulab.ui.playground.model_picker import ModelPicker
from gpulab.ui.theme import Theme
from gpulab.viewmodels.playground.models import Model, first_pair
from gpulab.viewmodels.stepping import stepped

_WIDTH = 300
_PROMPT_LINES = 4
_PROMPT = "To be, or not to be"
_CHOSEN_ABOVE = ("run_a", "part_a", "run_b", "part_b", "prompt")


class Asking(QWidget):
    """`changed` tells that a person chose another model."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        settings = settings_of(ASKS["write"])
        self._values: dict[str, Value] = {setting.path: setting.default for setting in settings}
        self.pickers = (
            ModelPicker(said("First model"), theme),
            ModelPicker(said("Second model"), theme, optional=True),
        )
        self.prompt = QPlainTextEdit(_PROMPT)
        self.prompt.setAccessibleName(said("Prompt"))
        self.prompt.setTabChangesFocus(True)
        self._wrong = QLabel()
        self._wrong.setWordWrap(True)
        self._wrong.setProperty("severity", "danger")
        self._wrong.hide()
        shown = [setting for setting in settings if setting.path not in _CHOSEN_ABOVE]
        self.settings = Section(shown, {}, self._stepped, FieldKeys(self), self)
        self.settings.show_values(self._values)
        self.settings.edited.connect(self._edited)
        self._wanted: Path | None = None
        self.start, self.stop = QPushButton(), QPushButton(said("Stop"))
        self.start.setObjectName("start")
        self.start.setProperty("primary", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(_card(said("Models"), *self.pickers))
        column.addWidget(_card(said("Prompt"), self.prompt, self._wrong))
        column.addWidget(_card(said("How they write"), self.settings))
        column.addWidget(self.start)
        column.addWidget(self.stop)
        column.addStretch()
        for picker in self.pickers:
            picker.picked.connect(self.changed)
        self.set_theme(theme, 1.0)

    @property
    def models(self) -> tuple[Model | None, Model | None]:
        """The chosen ones."""
        first, second = self.pickers
        return first.model_, second.model_

    @property
    def names(self) -> tuple[str, str]:
        """What the chosen ones are called: the sides of one comparison by themselves, without its name."""
        one, other = self.models
        if one is not None and other is not None and one.comparison and one.group == other.group:
            return one.name, other.name
        first, second = self.pickers
        return first.currentText(), second.currentText()

    @property
    def values(self) -> dict[str, Value]:
        """The settings of a `write` job but for its models."""
        return {**self._values, "prompt": self.prompt.toPlainText()}

    def show_models(self, models: Sequence[Model]) -> None:
        """Offers `models`; at first the pair that is most worth seeing is chosen, or the one that was asked for."""
        fresh = self.models == (None, None)
        for picker in self.pickers:
            picker.show_models(models)
        if wanted := [model for model in models if model.group == self._wanted]:
            self._choose(first_pair(wanted))
            self._wanted = None
        elif fresh:
            self._choose(first_pair(models))

    def choose_of(self, group: Path) -> None:
        """The first two models of that run or comparison, when next models are offered.

        Those are the trained one and the compressed one, or the baseline and the first variant.
        """
        self._wanted = group

    def show_state(self, start: str, running: bool, alone: bool) -> None:
        """`start` stands on the button; `alone`: only the first model is asked."""
        self.start.setText(start)
        self.start.setVisible(not running)
        self.stop.setVisible(running)
        self.settings.setEnabled(not running and not alone)
        self.pickers[0].setEnabled(not running)
        self.pickers[1].setEnabled(not running and not alone)

    def show_problems(self, problems: Sequence[Problem]) -> list[Problem]:
        """Says at each field what is wrong with it; returns what belongs to none."""
        words = {problem.field: error_sentence(problem) for problem in problems}
        self._wrong.setText(words.get("prompt", ""))
        self._wrong.setVisible("prompt" in words)
        self.settings.show_errors({path: text for path, text in words.items() if path in self.settings.rows})
        return [problem for problem in problems if problem.field not in {"prompt", *self.settings.rows}]

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self.settings.set_theme(theme)
        for picker in self.pickers:
            picker.set_theme(theme)
        self.setFixedWidth(round(_WIDTH * scale))
        self.prompt.setFixedHeight(self.prompt.fontMetrics().lineSpacing() * _PROMPT_LINES + 16)

    def _choose(self, pair: tuple[Model | None, Model | None]) -> None:
        for picker, model in zip(self.pickers, pair, strict=True):
            picker.choose(model)

    def _edited(self, path: str, value: Value, typing: bool) -> None:
        self._values[path] = value
        if not typing:
            self.settings.show_values(self._values)

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, self._values, steps)


def _card(title: str, *widgets: QWidget) -> QFrame:
    card = QFrame()
    card.setProperty("card", True)
    card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    heading = QLabel(title)
    heading.setProperty("heading", True)
    inside = QVBoxLayout(card)
    inside.setContentsMargins(12, 8, 12, 10)
    inside.setSpacing(6)
    inside.addWidget(heading)
    for widget in widgets:
        inside.addWidget(widget)
    return card
