"""Property tests draw legal experiments from the declarations themselves, so a new setting is covered at once."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gpulab.spec.decode import Table, all_settings, decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import Setting
from gpulab.techniques import REGISTRY

SETTINGS = all_settings(REGISTRY)


def legal(setting: Setting) -> st.SearchStrategy[Any]:
    """Values that fit `setting` alone."""
    match setting.kind:
        case "choice":
            return st.sampled_from(setting.choices)
        case "bool":
            return st.booleans()
        case "int":
            return st.integers(int(setting.low or 0), int(setting.high or 10**9))
        case "float":
            return st.floats(setting.low, setting.high, allow_nan=False, allow_infinity=False)
        case _:
            return st.just("cpu") if setting.path == "device" else st.text(min_size=1, max_size=30)


def junk() -> st.SearchStrategy[Any]:
    """Whatever a TOML file may hold, nested a little."""
    plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates())
    names = st.one_of(st.text(max_size=8), st.sampled_from(["model", "n_layer", "techniques", "pruning", "training"]))
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4))


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    """Any experiment that keeps every rule."""
    while True:
        try:
            return decode(draw(tables()), REGISTRY)
        except BadInput:  # a rule across fields was broken: try the reference values instead of some
            continue


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables in which every setting that stands there is legal on its own."""
    table: Table = {"techniques": {name: {} for name in draw(st.sets(st.sampled_from(sorted(REGISTRY))))}}
    for path in draw(st.sets(st.sampled_from(sorted(SETTINGS)), max_size=12)):
        *parents, last = path.split(".")
        if parents[:1] == ["techniques"] and parents[1] not in table["techniques"]:
            continue
        inner = table
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = draw(legal(SETTINGS[path]))
    return table
