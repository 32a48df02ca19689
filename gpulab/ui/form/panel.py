"""The left column of the Lab page turns what a person does to the fields into an experiment that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, Value
from gpulab.ui.about_technique import AboutTechnique
from gpulab.ui.form.body import Body, Column
from gpulab.ui.form.commands import Change
from gpulab.ui.form.notes import show_cautions, technique_reasons
from gpulab.ui.form.vocabulary import Vocabulary
from gpulab.ui.form.words import value_words, words
from gpulab.ui.theme import Theme
from gpulab.viewmodels.estimates import (
    MeasuredSpeed,
    PresetChoice,
    forecast,
    never_measured,
    preset_choices,
    preset_label,
)
from gpulab.viewmodels.form import FormModel, FormState
from gpulab.viewmodels.options import Option, options
from gpulab.viewmodels.stepping import stepped

_TYPING_PAUSE_MS = 500
"""Nobody wants to be told off in the middle of a number."""


class ExperimentPanel(QWidget):
    """Edits one experiment. `experiment()` is always legal; `problems()` says what keeps the form from being run."""

    experiment_changed = Signal(object)
    validity_changed = Signal(bool)
    advanced_changed = Signal(bool)

    def __init__(
        self, machine: Machine, theme: Theme, speed: MeasuredSpeed = never_measured, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self._model, self._theme, self._speed = FormModel(machine), theme, speed
        self._vocabulary = Vocabulary(self)
        self._vocab_size = 256
        self._outside: tuple[Problem, ...] = ()
        self._visit, self._valid = 0, True
        self._pause = QTimer(self, singleShot=True, interval=_TYPING_PAUSE_MS)
        self._body = Body(self._model.settings, self._options, self._stepped, self._preset_choices, theme)
        self._column = Column(self._body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._column)
        self._connect()
        self._refresh(typing=False)
        self.set_theme(theme)

    # --- what the window may ask and tell ---

    def experiment(self) -> Experiment:
        """The last legal experiment: what the fields say, whenever `problems` is empty."""
        return self._model.experiment

    def set_experiment(self, experiment: Experiment, text: str = "Open experiment") -> None:
        """Shows `experiment`, as one step that can be taken back."""
        before = self._model.state
        self._model.load(experiment)
        self._push(words(text), before)

    def problems(self) -> list[Problem]:
        """Everything that keeps the form from being run here; what `show_problems` was told is not counted."""
        found = self._vocabulary.of(self._model.experiment.data)
        return [*self._model.problems, *(found if isinstance(found, tuple) else ())]

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Shows what somebody else found wrong (a text too short), until the next change of the form."""
        self._outside = tuple(problems)
        self._show_problems()
        if problems and problems[0].field in self._model.settings:
            self.focus_setting(problems[0].field)

    def settings(self) -> dict[str, Setting]:
        """Every setting of the form by its path."""
        return dict(self._model.settings)

    def focus_setting(self, path: str) -> None:
        """Brings a setting (or `techniques.NAME`) into view and puts the keys into it."""
        if path in self._model.settings and self._model.settings[path].advanced:
            self.set_advanced(True)
        target = self._widget_of(path)
        if target is None:
            return
        self._body.adjustSize()
        self._column.ensureWidgetVisible(target, 0, 60)
        target.setFocus()

    def set_advanced(self, advanced: bool) -> None:
        """Shows every setting, or only those that most experiments change."""
        changed = self._body.header.advanced.isChecked() != advanced
        self._body.set_advanced(advanced)
        if changed:
            self.advanced_changed.emit(advanced)

    def advanced(self) -> bool:
        """Whether every setting is shown."""
        return self._body.header.advanced.isChecked()

    def set_theme(self, theme: Theme, scale: float = 1.0) -> None:
        """Follows the application's theme; the type's size is taken from the application."""
        self._theme = theme
        self._body.set_theme(theme)
        self._column.fit()

    def set_speed_source(self, speed: MeasuredSpeed) -> None:
        """Where the time on this machine comes from: tokens per second measured in earlier runs."""
        self._speed = speed
        self._show_forecast()

    # --- what happens ---

    def changeEvent(self, event: QEvent) -> None:
        """Reads a text again that could not be read, when the person comes back from putting it right."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._vocabulary.forget_problems()
            self._show_forecast()

    def _connect(self) -> None:
        body = self._body
        body.edited.connect(self._edited)
        body.settled.connect(self._settled)
        body.switched.connect(self._switched)
        body.about_asked.connect(self._show_about)
        body.header.picker.picked.connect(self._picked)
        body.header.advanced.clicked.connect(self._advanced_clicked)
        body.keys.undo.connect(self.undo_stack.undo)
        body.keys.redo.connect(self.undo_stack.redo)
        self._pause.timeout.connect(self._show_problems)
        self._vocabulary.changed.connect(self._text_was_read)

    def _edited(self, path: str, value: Value, typing: bool) -> None:
        before, setting = self._model.state, self._model.settings[path]
        self._model.set(path, value)
        text = words("Change {label} to {value}")
        text = text.format(label=words(setting.label), value=value_words(setting, value))
        self._push(text, before, key=f"{path} {self._visit}", typing=typing)

    def _settled(self, path: str) -> None:
        """The field was left: the next change of it is a step of its own, and now it may be told off."""
        self._visit += 1
        self._show_problems()

    def _switched(self, name: str, on: bool) -> None:
        before = self._model.state
        self._model.switch(name, on)
        text = words("Switch on {label}") if on else words("Switch off {label}")
        self._push(text.format(label=words(self._body.cards[name].card.label)), before)

    def _picked(self, name: str) -> None:
        before = self._model.state
        self._model.pick_preset(name)
        self._push(words("Pick {preset}").format(preset=preset_label(name)), before)

    def _push(self, text: str, before: FormState, key: str = "", typing: bool = False) -> None:
        after = self._model.state
        if not after.changed(before):
            self._refresh(typing)
            return
        self._outside = ()
        self._refresh(typing, before)
        self.undo_stack.push(Change(text, before, after, self._enter, key))

    def _enter(self, state: FormState) -> None:
        if state is self._model.state:
            return  # the change was shown already as it was made
        before = self._model.state
        self._model.restore(state)
        self._outside = ()
        self._visit += 1
        self._refresh(typing=False, before=before)

    def _advanced_clicked(self, advanced: bool) -> None:
        self._body.set_advanced(advanced)
        self.advanced_changed.emit(advanced)

    def _text_was_read(self) -> None:
        self._show_forecast()
        self._show_problems()

    # --- what is shown ---

    def _refresh(self, typing: bool, before: FormState | None = None) -> None:
        state = self._model.state
        self._body.show_state(state.values, state.on)
        self._body.header.picker.show_preset(self._model.preset)
        self._body.refresh_options()
        show_cautions(self._body, self._model)
        self._show_forecast()
        if typing:
            self._pause.start()
            self._tell_validity()
        else:
            self._show_problems()
        if before is not None and before.experiment != state.experiment:
            self.experiment_changed.emit(state.experiment)

    def _show_problems(self) -> None:
        self._pause.stop()
        self._body.show_problems([*self.problems(), *self._outside])
        self._tell_validity()

    def _tell_validity(self) -> None:
        if (valid := not self.problems()) != self._valid:
            self._valid = valid
            self.validity_changed.emit(valid)

    def _show_forecast(self) -> None:
        experiment = self._model.experiment
        found = self._vocabulary.of(experiment.data)
        if isinstance(found, int):
            self._vocab_size = found
        known = forecast(experiment, self._vocab_size, self._speed)
        gpu = self._model.machine.gpu(self._model.device)
        memory = gpu.memory_bytes if gpu else self._model.machine.memory_bytes
        self._body.header.strip.show_forecast(known, memory, reading=found is None)

    def _show_about(self, name: str) -> None:
        card = self._body.cards[name].card
        AboutTechnique(card, technique_reasons(card, self._model), self._theme, self).open()

    def _preset_choices(self) -> Sequence[PresetChoice]:
        return preset_choices(self._model.experiment, self._vocab_size, self._speed)

    def _options(self, settings: Sequence[Setting]) -> Mapping[str, Sequence[Option]]:
        return {s.path: options(s, self._model.machine, self._model.device) for s in settings}

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, self._model.state.values, steps)

    def _widget_of(self, path: str) -> QWidget | None:
        for section in self._body.sections():
            if path in section.rows and section.isVisibleTo(self):
                return section.rows[path].field
        card = self._body.cards.get(path.split(".")[1]) if path.startswith("techniques.") else None
        return card.switch if card else None
