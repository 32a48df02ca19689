"""One place decides which widget edits which kind of setting, so that a new setting needs no new window code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QWidget

from gpulab.spec.setting import Setting, Value
from gpulab.ui.form.choice_field import ChoiceField
from gpulab.ui.form.number_field import NumberField
from gpulab.ui.form.path_field import PathField
from gpulab.ui.form.switch_field import SwitchField
from gpulab.ui.form.text_field import TextField
from gpulab.ui.form.words import tooltip, whats_this, words
from gpulab.viewmodels.options import Option

AnyField = NumberField | ChoiceField | TextField | PathField | SwitchField
Step = Callable[[Setting, int], Value]


def field_for(setting: Setting, options: Sequence[Option], step: Step, parent: QWidget) -> AnyField:
    """The widget for `setting`, with its help, its accessible name and its place among the keys."""
    made = _made(setting, options, step, parent)
    name = f"{words(setting.label)}, {words(setting.unit)}" if setting.unit else words(setting.label)
    inner: QWidget = made.line if isinstance(made, PathField) else made
    inner.setAccessibleName(name)
    inner.setAccessibleDescription(words(setting.help))
    for widget in (made, inner):
        widget.setToolTip(tooltip(setting))
        widget.setWhatsThis(whats_this(setting))
    made.setObjectName(setting.path)
    return made


def _made(setting: Setting, options: Sequence[Option], step: Step, parent: QWidget) -> AnyField:
    if options:
        return ChoiceField(options, parent)
    if setting.kind in ("int", "float"):
        return NumberField(setting, words(setting.unit), lambda steps: step(setting, steps), parent)
    if setting.kind == "bool":
        return SwitchField(parent)
    if setting.leads_to:
        return PathField(words(setting.label), parent, files=setting.leads_to == "text")
    return TextField(parent)
