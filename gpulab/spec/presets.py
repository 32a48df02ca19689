"""The sizes of GPT that a person can pick by name."""

from __future__ import annotations

import msgspec

from gpulab.spec.experiment import Experiment, Model
from gpulab.spec.problem import refuse


class Preset(msgspec.Struct, frozen=True):
    """A named shape: what it is for, and the batch and steps that suit it."""

    name: str
    purpose: str
    model: Model
    batch_size: int = 12
    steps: int = 1000


def _gpt2(name: str, n_layer: int, n_head: int, n_embd: int) -> Preset:
    shape = Model(n_layer=n_layer, n_head=n_head, n_embd=n_embd, context_length=1024, bias=True)
    return Preset(name, "training on a GPU", shape, batch_size=8, steps=2000)


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("nano", "seconds on any computer: lessons, first tries", Model(2, 2, 64, 64), steps=300),
        Preset("mini", "a minute on a laptop", Model(4, 4, 128, 64), steps=1000),
        Preset("small", "minutes on a laptop, seconds on a GPU", Model(6, 6, 384, 256), batch_size=8, steps=300),
        _gpt2("gpt2", 12, 12, 768),
        _gpt2("gpt2-medium", 24, 16, 1024),
        _gpt2("gpt2-large", 36, 20, 1280),
        _gpt2("gpt2-xl", 48, 25, 1600),
    )
}


def preset(name: str) -> Preset:
    """The preset called `name`. Raises BadInput for a name there is none of."""
    if name not in PRESETS:
        raise refuse("unknown_preset", name=name, presets=", ".join(PRESETS))
    return PRESETS[name]


def preset_of(model: Model) -> str | None:
    """The name of the preset that has exactly this shape, or None for a shape of the person's own."""
    return next((known.name for known in PRESETS.values() if known.model == model), None)


def experiment_from(name: str) -> Experiment:
    """A ready-to-run experiment of the preset's shape, with reference values everywhere else."""
    chosen = preset(name)
    return apply_preset(Experiment(name=f"GPT {chosen.name}"), chosen)


def apply_preset(experiment: Experiment, chosen: Preset) -> Experiment:
    """`experiment` with the preset's shape, batch size and steps; all else stays."""
    training = msgspec.structs.replace(experiment.training, batch_size=chosen.batch_size, steps=chosen.steps)
    return msgspec.structs.replace(experiment, model=chosen.model, training=training)
