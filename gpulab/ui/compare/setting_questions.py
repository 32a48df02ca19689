"""The parts of the dialog that ask about settings: one at several values, or variants with other values."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QHBoxLayout, QLabel, QLineEdit, QListWidget, QPushButton

from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting, Value
from gpulab.ui.compare.question_part import QuestionPart
from gpulab.ui.form.factory import AnyField, field_for
from gpulab.ui.form.words import value_words, words
from gpulab.ui.lab.words import said
from gpulab.viewmodels.comparing import setup
from gpulab.viewmodels.comparing.setup import Draft
from gpulab.viewmodels.options import Option
from gpulab.viewmodels.stepping import stepped


class SettingPicker(QComboBox):
    """Any setting, found by a word of its name."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        super().__init__()
        self._settings = {setting.path: setting for setting in settings}
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(said("Setting"))
        self.setToolTip(said("Type any word of a setting's name."))
        for setting in settings:
            self.addItem(words(setup.label_within(setting)), setting.path)
            self.setItemData(self.count() - 1, words(setting.help), Qt.ItemDataRole.ToolTipRole)
        finder = self.completer()
        assert finder is not None  # an editable box has one
        finder.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        finder.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(24)

    @property
    def setting(self) -> Setting:
        """The one that is chosen."""
        return self._settings[self.currentData()]

    def choose(self, path: str) -> None:
        """Chooses the setting at `path`, where there is one."""
        self.setCurrentIndex(max(0, self.findData(path)))


class Doses(QuestionPart):
    """One setting and its values."""

    def __init__(self, experiment: Experiment, path: str = "") -> None:
        super().__init__()
        self._experiment = experiment
        self.picker = SettingPicker(setup.dosable())
        self.values = QLineEdit()
        self.values.setAccessibleName(said("Values"))
        self.values.setToolTip(said("Numbers with commas between them. The last safe one is looked for."))
        self.picker.choose(path or "training.learning_rate")
        self.picker.currentIndexChanged.connect(lambda _: self._suggest())
        self.values.textChanged.connect(lambda _: self.changed.emit())
        for word, field in ((said("Setting"), self.picker), (said("Values"), self.values)):
            self.column.addWidget(QLabel(word))
            self.column.addWidget(field)
        self._suggest()

    def fill(self, draft: Draft) -> Draft:
        """The setting with its values as they were typed."""
        return msgspec.structs.replace(draft, dose=self.picker.setting.path, doses=self.values.text())

    def _suggest(self) -> None:
        self.values.setText(setup.suggested_doses(self.picker.setting, self._experiment))


class Variants(QuestionPart):
    """A list of variants, each one or more settings with other values."""

    grows = True

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment
        self.variants: list[dict[str, Value]] = []
        self._settings = {setting.path: setting for setting in setup.changeable()}
        self.list = QListWidget()
        self.list.setAccessibleName(said("Variants"))
        self.list.setMinimumHeight(self.fontMetrics().height() * 6)
        self.picker = SettingPicker(list(self._settings.values()))
        self.picker.choose("training.learning_rate")
        self.field: AnyField | None = None
        self._value: Value = 0
        self.add, self.join = QPushButton(said("Add variant")), QPushButton(said("Add to chosen"))
        self.remove = QPushButton(said("Remove"))
        self.join.setToolTip(said("Changes this setting too in the variant that is chosen in the list."))
        self._room = QHBoxLayout()
        buttons = QHBoxLayout()
        for button in (self.add, self.join, self.remove):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        self.column.addWidget(QLabel(said("Setting and its other value")))
        self.column.addWidget(self.picker)
        self.column.addLayout(self._room)
        self.column.addLayout(buttons)
        self.column.addWidget(self.list, 1)
        self.picker.currentIndexChanged.connect(lambda _: self._offer())
        self.add.clicked.connect(lambda: self._take(len(self.variants)))
        self.join.clicked.connect(lambda: self._take(self.list.currentRow()))
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _: self._enable())
        self._offer()
        self._enable()

    @property
    def missing(self) -> str:
        """The list begins empty."""
        return "" if self.variants else said("Choose a setting and another value for it, then add it as a variant.")

    def fill(self, draft: Draft) -> Draft:
        """The variants in the list."""
        return msgspec.structs.replace(draft, variants=tuple(dict(one) for one in self.variants))

    def _offer(self) -> None:
        """A field for the setting that is chosen, with what the experiment has."""
        setting = self.picker.setting
        if self.field is not None:
            self._room.removeWidget(self.field)
            self.field.hide()
            self.field.deleteLater()
        options = tuple(Option(choice, setting.label_of(choice)) for choice in setting.choices)
        self._value = setup.other_value(setting, self._experiment)
        self.field = field_for(setting, options, self._stepped, self)
        self.field.show_value(self._value)
        self.field.edited.connect(self._edited)
        self._room.addWidget(self.field)

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, {setting.path: self._value}, steps)

    def _edited(self, value: Value, typing: bool) -> None:
        self._value = value
        if not typing and self.field is not None:
            self.field.show_value(value)

    def _take(self, row: int) -> None:
        if row == len(self.variants):
            self.variants.append({})
        self.variants[row][self.picker.setting.path] = self._value
        self._show(row)

    def _remove(self) -> None:
        row = self.list.currentRow()
        if row >= 0:
            del self.variants[row]
            self._show(min(row, len(self.variants) - 1))

    def _show(self, row: int) -> None:
        self.list.clear()
        for number, one in enumerate(self.variants, 1):
            told = (f"{words(setup.label_within(s))} {value_words(s, one[s.path])}" for s in self._in(one))
            self.list.addItem(f"{number}. {', '.join(told)}")
        self.list.setCurrentRow(row)
        self._enable()
        self.changed.emit()

    def _in(self, one: dict[str, Value]) -> list[Setting]:
        return [self._settings[path] for path in one]

    def _enable(self) -> None:
        chosen = self.list.currentRow() >= 0
        self.join.setEnabled(chosen)
        self.remove.setEnabled(chosen)
