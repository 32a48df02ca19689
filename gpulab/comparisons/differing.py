"""In which settings two experiments differ: what a comparison's table of settings shows and nothing else."""

from __future__ import annotations

from gpulab.spec.decode import all_settings, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Value
from gpulab.techniques import REGISTRY

_NOT_ASKED = ("name", "training.seed")


def differences(base: Experiment, variant: Experiment) -> dict[str, Value | None]:
    """What `variant` has otherwise than `base`, by path; None where it lacks the setting, its technique being off.

    A technique that only one of them switches on differs in `techniques.NAME`, and where `variant` has it in every
    setting of it that matters.
    """
    old, new = _values(base), _values(variant)
    return {path: new.get(path) for path in {**old, **new} if old.get(path) != new.get(path)}


def _values(experiment: Experiment) -> dict[str, Value]:
    """Every setting that matters, by path, switches included."""
    table = encode(experiment)
    found: dict[str, Value] = {f"techniques.{name}": True for name in experiment.techniques}
    for path in all_settings(REGISTRY):
        if path in _NOT_ASKED:
            continue
        inner: object = table
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, bool | int | float | str):
            found[path] = inner
    settings = all_settings(REGISTRY)
    return {path: value for path, value in found.items() if path not in settings or settings[path].matters(found)}
