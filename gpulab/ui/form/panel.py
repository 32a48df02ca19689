"""The left column of the Lab page turns what a person does to the fields into an experiment that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.body import Body, Column
from gpulab.ui.form.commands import Change
from gpulab.ui.form.notes import show_cautions, show_obstacles, show_own_text, technique_reasons
from gpulab.ui.form.outlook import Outlook
from gpulab.ui.form.path_field import Folders
from gpulab.ui.form.words import value_words, words
from gpulab.ui.theme import Theme
from gpulab.viewmodels.estimates import MeasuredSpeed, never_measured, preset_label
from gpulab.viewmodels.form import FormModel, FormState
from gpulab.viewmodels.options import Option, options
from gpulab.viewmodels.stepping import stepped

_TYPING_PAUSE_MS = 500
"""Nobody wants to be told off in the middle of a number."""


class ExperimentPanel(QWidget):
    """Edits one experiment. `experiment()` is always legal; `problems()` says what keeps the form from being run.

    Given what to show `first` (an experiment without its techniques, and whether it has any) it has only the settings
    that a person sees at once, and needs its `rest` before it can be worked with.
    """

    experiment_changed = Signal(object)
    validity_changed = Signal(bool)
    advanced_changed = Signal(bool)
    compare_asked = Signal(str)
    faster_asked = Signal()

    def __init__(
        self,
        machine: Machine,
        theme: Theme,
        speed: MeasuredSpeed = never_measured,
        parent: QWidget | None = None,
        first: tuple[Experiment, bool] | None = None,
    ) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.model, self._theme = FormModel(machine, first and first[0], bare=first is not None), theme
        self._outlook = Outlook(self.model, speed, self)
        self._outlook.waits = first is not None and first[1]
        self._outside: tuple[Problem, ...] = ()
        self._visit, self._valid = 0, True
        self._pause = QTimer(self, singleShot=True, interval=_TYPING_PAUSE_MS)
        self._column = Column(self)
        self.body = Body(self.model.settings, self._options, self._stepped, self._outlook.presets, theme, self._column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._column)
        self._connect()
        self._show_values()  # what is wrong with them, and what else could be picked, can wait for the rest
        if first is None:
            for _ in self._make_rest():
                pass
        self.body.set_theme(theme)

    def rest(self, techniques: Callable[[], Mapping[str, Settings]]) -> Iterator[None]:
        """Makes what is missing, part by part; `techniques` are on then."""
        self.model.learn(techniques())
        self.undo_stack.clear()  # a state before this knows too little to go back to
        yield
        yield from self._make_rest()

    def _make_rest(self) -> Iterator[None]:
        self.body.show_state(self.model.state.values, self.model.state.on)
        yield from self.body.rest(self.model.settings)
        self._outlook.waits = False
        self.body.header.picker.refresh()
        self._refresh(typing=False)

    # --- what the window may ask and tell ---

    def experiment(self) -> Experiment:
        """The last legal experiment: what the fields say, whenever `problems` is empty."""
        return self.model.experiment

    def set_experiment(self, experiment: Experiment, text: str = "Open experiment") -> None:
        """Shows `experiment`, as one step that can be taken back."""
        before = self.model.state
        self.model.load(experiment)
        self._push(words(text), before)

    def take(self, changes: Mapping[str, Value], text: str) -> None:
        """Changes the settings at some paths, as one step that can be taken back."""
        before = self.model.state
        self.model.take(changes)
        self._push(text, before)

    def problems(self) -> list[Problem]:
        """Everything that keeps the form from being run here; what `show_problems` was told is not counted."""
        return [*self.model.problems, *self._outlook.problems()]

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Shows what somebody else found wrong (a text too short), until the next change of the form."""
        self._outside = tuple(problems)
        self._show_problems()
        if problems and problems[0].field in self.model.settings:
            self.focus_setting(problems[0].field)

    def settings(self) -> dict[str, Setting]:
        """Every setting of the form by its path."""
        return dict(self.model.settings)

    def focus_setting(self, path: str) -> None:
        """Brings a setting (or `techniques.NAME`) into view and puts the keys into it."""
        if path in self.model.settings and self.model.settings[path].advanced:
            self.set_advanced(True)
        target = self._widget_of(path)
        if target is None:
            return
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # what was just unfolded has no place yet
        self._column.ensureWidgetVisible(target, 0, 60)
        target.setFocus()

    def set_advanced(self, advanced: bool) -> None:
        """Shows every setting, or only those that most experiments change."""
        changed = self.body.header.advanced.isChecked() != advanced
        self.body.set_advanced(advanced)
        if changed:
            self.advanced_changed.emit(advanced)

    def advanced(self) -> bool:
        """Whether every setting is shown."""
        return self.body.header.advanced.isChecked()

    def set_theme(self, theme: Theme, scale: float = 1.0) -> None:
        """Follows the application's theme; the type's size is taken from the application."""
        self._theme = theme
        self.body.set_theme(theme)
        self._column.fit()

    def measured_speed(self, experiment: Experiment) -> float | None:
        """Tokens per second that runs like `experiment` reached on this machine, where any did."""
        return self._outlook.speed(experiment)

    def set_run_source(self, runs: Folders) -> None:
        """Where the earlier runs come from that another can start from."""
        self.body.runs = runs

    def set_speed_source(self, speed: MeasuredSpeed) -> None:
        """Where the time on this machine comes from: tokens per second measured in earlier runs."""
        self._outlook.speed = speed
        self._outlook.show(self.body.header.strip)

    # --- what happens ---

    def changeEvent(self, event: QEvent) -> None:
        """Reads a text again that could not be read, when the person comes back from putting it right."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._outlook.forget_problems()
            self._outlook.show(self.body.header.strip)

    def _connect(self) -> None:
        body = self.body
        body.edited.connect(self._edited)
        body.settled.connect(self._settled)
        body.switched.connect(self._switched)
        body.about_asked.connect(self._show_about)
        body.compare_asked.connect(self.compare_asked)
        body.header.faster.clicked.connect(self.faster_asked)
        body.setting_asked.connect(self.focus_setting)
        body.cards_made.connect(self._cards_were_made)
        body.header.picker.picked.connect(self._picked)
        body.header.advanced.clicked.connect(self._advanced_clicked)
        body.keys.undo.connect(self.undo_stack.undo)
        body.keys.redo.connect(self.undo_stack.redo)
        self._pause.timeout.connect(self._show_problems)
        self._outlook.changed.connect(self._text_was_read)

    def _edited(self, path: str, value: Value, typing: bool) -> None:
        before, setting = self.model.state, self.model.settings[path]
        self.model.set(path, value)
        text = words("Change {label} to {value}")
        text = text.format(label=words(setting.label), value=value_words(setting, value))
        self._push(text, before, key=f"{path} {self._visit}", typing=typing)

    def _settled(self, path: str) -> None:
        """The field was left: the next change of it is a step of its own, and now it may be told off."""
        self._visit += 1
        self._show_problems()

    def _switched(self, name: str, on: bool) -> None:
        before = self.model.state
        self.model.switch(name, on)
        text = words("Switch on {label}") if on else words("Switch off {label}")
        self._push(text.format(label=words(self.body.cards[name].card.label)), before)

    def _picked(self, name: str) -> None:
        before = self.model.state
        self.model.pick_preset(name)
        self._push(words("Pick {preset}").format(preset=preset_label(name)), before)

    def _push(self, text: str, before: FormState, key: str = "", typing: bool = False) -> None:
        after = self.model.state
        if not after.changed(before):
            self._refresh(typing)
            return
        self._outside = ()
        self._refresh(typing, before)
        self.undo_stack.push(Change(text, before, after, self._enter, key))

    def _enter(self, state: FormState) -> None:
        if state is self.model.state:
            return  # the change was shown already as it was made
        before = self.model.state
        self.model.restore(state)
        self._outside = ()
        self._visit += 1
        self._refresh(typing=False, before=before)

    def _advanced_clicked(self, advanced: bool) -> None:
        self.body.set_advanced(advanced)
        self.advanced_changed.emit(advanced)

    def _cards_were_made(self) -> None:
        show_cautions(self.body, self.model)
        show_obstacles(self.body, self.model)
        self._show_problems()

    def _text_was_read(self) -> None:
        self._outlook.show(self.body.header.strip)
        self._show_problems()

    # --- what is shown ---

    def _refresh(self, typing: bool, before: FormState | None = None) -> None:
        state = self.model.state
        self._show_values()
        self.body.refresh_options()
        show_cautions(self.body, self.model)
        show_obstacles(self.body, self.model)
        show_own_text(self.body, str(state.values["data.path"]))
        if typing:
            self._pause.start()
            self._tell_validity()
        else:
            self._show_problems()
        if before is not None and before.experiment != state.experiment:
            self.experiment_changed.emit(state.experiment)

    def _show_values(self) -> None:
        state = self.model.state
        self.body.show_state(state.values, state.on)
        self.body.header.picker.show_preset(self.model.preset)
        self._outlook.show(self.body.header.strip)

    def _show_problems(self) -> None:
        self._pause.stop()
        self.body.show_problems([*self.problems(), *self._outside])
        self._tell_validity()

    def _tell_validity(self) -> None:
        if (valid := not self.problems()) != self._valid:
            self._valid = valid
            self.validity_changed.emit(valid)

    def _show_about(self, name: str) -> None:
        from gpulab.ui.form.about_technique import AboutTechnique

        card = self.body.cards[name].card
        AboutTechnique(card, technique_reasons(card, self.model), self._theme, self).open()

    def _options(self, settings: Sequence[Setting]) -> Mapping[str, Sequence[Option]]:
        return {s.path: options(s, self.model.machine, self.model.device) for s in settings}

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, self.model.state.values, steps)

    def _widget_of(self, path: str) -> QWidget | None:
        """What takes the keys for the setting at `path`, or for the one that decides whether it is read at all."""
        card, setting = None, self.model.settings.get(path)
        if path.startswith("techniques.") and self.body.techniques:
            card = self.body.techniques.reveal(path.split(".")[1])
        for section in self.body.sections():
            if path in section.rows and section.rows[path].field.isVisibleTo(self):
                return section.rows[path].field
        if setting and not setting.matters(self.model.state.values) and not (card and not card.switch.isChecked()):
            return self._widget_of(setting.decided_by)
        return card.keys() if card else None
