"""Results go to stdout, everything said along the way goes to stderr, so that scripts can read the one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from gpulab.spec.problem import Problem
from gpulab.words import explain


def tell(text: str) -> None:
    """Says `text` to the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def give(text: str) -> None:
    """Puts out `text` as the command's result."""
    print(text, flush=True)


def give_json(value: Any) -> None:
    """Puts out `value` as one JSON document."""
    give(json.dumps(value, ensure_ascii=False, allow_nan=False))


def say_bad_input(problems: Iterable[Problem], as_json: bool) -> None:
    """One sentence for each problem; with `as_json` one object on stdout as well."""
    found = list(problems)
    for problem in found:
        tell(f"gpulab: {explain(problem)}")
    if as_json:
        listed = [
            {"key": p.key, "field": p.field, "arguments": dict(p.arguments), "sentence": explain(p)} for p in found
        ]
        give_json({"status": "bad_input", "problems": listed})


def table(rows: Sequence[Sequence[str]]) -> str:
    """`rows`, the headings first, with columns that line up."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def figure(value: float | int | None, digits: int = 4) -> str:
    """A figure for a column; a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, float) and abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    return f"{value:,.0f}"


def size(value: int | None) -> str:
    """Bytes in the unit that reads best."""
    if value is None:
        return "-"
    amount = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} TiB"
