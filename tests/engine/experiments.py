"""Random legal experiments: any techniques with any of their settings, tiny enough to train in a moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Experiment, Training
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY, problems
from tests.engine.support import tiny
from tests.engine.variants.text_and_transfer import EARLIER

OPTIMIZERS = next(one.choices for one in settings_of(Training) if one.name == "optimizer")

_FIXED: dict[str, list[Value]] = {
    "compilation.backend": ["aot_eager"],  # the real compiler takes seconds for each: `make test-all` has it
    "data_parallel.workers": [2],
    "transfer.start_from": [EARLIER],
}
_SLOW = ("compilation", "data_parallel", "gradient_compression")
"""Techniques that a test asks for by name, because each takes processes or seconds of its own."""


def _values(technique: str, setting: Setting) -> st.SearchStrategy[Value]:
    if fixed := _FIXED.get(f"{technique}.{setting.name}"):
        return st.sampled_from(fixed)
    default = setting.default
    if setting.kind == "choice":
        return st.sampled_from(setting.choices)
    if setting.kind == "bool":
        return st.booleans()
    if setting.kind == "str":
        return st.just(default)
    low, high = setting.low, setting.high
    assert isinstance(default, int | float)
    assert low is not None
    assert high is not None
    if setting.kind == "int":
        return st.sampled_from(sorted({min(max(int(low), near), int(high)) for near in (0, 1, 2, 3, int(default))}))
    nearby = st.floats(max(low, default / 2), min(high, max(default * 2, low + 0.1 * (high - low))), allow_nan=False)
    return st.one_of(st.just(float(default)), nearby)


def _settings(technique: str) -> st.SearchStrategy[dict[str, Value]]:
    settings = settings_of(REGISTRY[technique])
    return st.fixed_dictionaries({}, optional={one.name: _values(technique, one) for one in settings})


def tables(names: list[str]) -> st.SearchStrategy[dict[str, dict[str, Value]]]:
    """Some of the techniques called `names`, each with some of its settings."""
    return st.fixed_dictionaries({}, optional={name: _settings(name) for name in names})


def quick_techniques() -> list[str]:
    """Every technique that starts in a moment and in this process."""
    return [name for name in BY_NAME if name not in _SLOW]


def legal(
    folder: Path,
    techniques: dict[str, dict[str, Any]],
    machine: Machine,
    tokenizer: str = "characters",
    **training: Any,
) -> Experiment:
    """The tiny experiment with `techniques`; whichever is refused on `machine`, alone or beside others, is left out."""
    table = encode(tiny(folder, **training))
    table["data"] |= {"tokenizer": tokenizer, "vocabulary_size": 300}
    table["techniques"] = dict(techniques)
    while True:
        try:
            experiment = decode(table, REGISTRY)
            found = list(problems(experiment, machine))
        except BadInput as bad:
            found = list(bad.problems)
        else:
            if not found:
                return experiment
        for problem in found:
            assert problem.field.startswith("techniques."), problem
            table["techniques"].pop(problem.field.split(".")[1], None)
