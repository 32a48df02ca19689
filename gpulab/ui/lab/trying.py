"""Takes what a danger's card proposes into the form, as one step that can be taken back, and says what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpulab.analysis.dangers import Try
from gpulab.spec.setting import Value
from gpulab.ui.lab.words import said
from gpulab.viewmodels.dangers import changes_of, technique_at

if TYPE_CHECKING:
    from gpulab.ui.form import ExperimentPanel
    from gpulab.ui.lab.danger_cards import DangerCard


def take_over(form: ExperimentPanel, card: DangerCard, wanted: Try) -> None:
    """Changes the form; the card says which settings are what now, or that there was nothing to change."""
    changes = changes_of(wanted)
    form.take(changes, said("Try against a danger"))
    card.say_taken(wanted, ", ".join(_told(form, path, value) for path, value in changes.items()))


def _told(form: ExperimentPanel, path: str, value: Value) -> str:
    """`Learning rate 0.0005`; a technique by its name, on or off."""
    setting = form.settings().get(path)
    if setting is None:
        label = technique_at(path)
        return (
            said("{technique} on").format(technique=label) if value else said("{technique} off").format(technique=label)
        )
    if isinstance(value, bool):
        return f"{said(setting.label)} {said('on') if value else said('off')}"
    shown = setting.label_of(value) if isinstance(value, str) else f"{value:.4g}" if isinstance(value, float) else value
    return f"{said(setting.label)} {shown}"
