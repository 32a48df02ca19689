"""A run's name says what it trains until a person gives it another; two runs in one table never share one."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING

import msgspec

from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import preset_of
from gpulab.spec.setting import settings_of
from gpulab.viewmodels.estimates import preset_label

if TYPE_CHECKING:
    from gpulab.techniques.base import Technique

_SHORT_LABEL, _SHORT_KEY = 10, 6


def suggested_name(experiment: Experiment) -> str:
    """`GPT nano + bf16, BatchNorm`: the size, then what is switched on."""
    size = preset_of(experiment.model)
    base = preset_label(size) if size else f"GPT of {experiment.model.n_layer} layers"
    if not experiment.techniques:
        return base
    from gpulab.techniques import chosen  # the first paint must not wait for them

    on = [_short(technique) for technique in chosen(experiment)]
    return f"{base} + {', '.join(on)}"


def is_own_name(name: str, experiment: Experiment) -> bool:
    """Whether a person gave `experiment` its name; a preset's file calls it by the preset's key."""
    size = preset_of(experiment.model)
    return name not in (suggested_name(experiment), f"GPT {size}" if size else "")


def named_apart(experiment: Experiment, taken: Set[str]) -> Experiment:
    """`experiment`, its name numbered where it is `taken`."""
    name, number = experiment.name, 2
    while name in taken:
        name, number = f"{experiment.name} {number}", number + 1
    return msgspec.structs.replace(experiment, name=name)


def _short(technique: Technique) -> str:
    """What a technique is set to where that is a word (bf16, BatchNorm), else what it is."""
    setting = next((one for one in settings_of(technique.Settings) if one.kind == "choice"), None)
    if setting is None:
        return technique.label
    choice = str(getattr(technique.settings, setting.path))
    if choice == "none":
        return f"no {technique.name}"
    label = setting.label_of(choice)
    return label if len(label) <= _SHORT_LABEL else choice if len(choice) <= _SHORT_KEY else technique.label
