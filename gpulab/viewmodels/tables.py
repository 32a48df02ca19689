"""A form knows its settings by dotted paths, a file by tables within tables: this is the way there and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from typing import Any

from gpulab.spec.setting import Value


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """{"model": {"n_layer": 4}} as {"model.n_layer": 4}."""
    found: dict[str, Value] = {}
    for name, value in table.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def nested(values: Mapping[str, Value], on: Set[str], known: Collection[str]) -> dict[str, Any]:
    """{"model.n_layer": 4} as {"model": {"n_layer": 4}}, leaving out those of the `known` techniques that are off."""
    table: dict[str, Any] = {"techniques": {name: {} for name in known if name in on}}
    for path, value in values.items():
        *parents, last = path.split(".")
        if parents[:1] == ["techniques"] and parents[1] not in on:
            continue
        inner = table
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return table
