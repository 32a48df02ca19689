"""The figures as a person reads them: a table on the terminal, a page in the documentation."""

from __future__ import annotations

import math
import os
import platform
import re
import sys
import time
from collections.abc import Mapping, Sequence

import msgspec

from gpulab.bench.catalogue import BENCHMARKS
from gpulab.bench.rows import Row
from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import this_machine

Results = Mapping[str, Sequence[Row]]
_LIBRARIES = ("torch", "torchao", "PySide6-Essentials", "numpy", "pyqtgraph")


class MachineFacts(msgspec.Struct, frozen=True):
    """The machine in words that name nobody's."""

    processor: str
    cores: int
    memory: str
    gpus: tuple[str, ...]
    versions: dict[str, str]
    load: float | None
    """Runnable processes when the benchmark began: well above zero means that the machine was not quiet."""
    day: str = ""


def machine_facts() -> MachineFacts:
    """This machine, now."""
    machine = this_machine()
    system = {platform.system(): platform.release().split("-")[0], "Python": platform.python_version()}
    return MachineFacts(
        processor=machine.processor,
        cores=machine.cores,
        memory=f"{machine.memory_bytes / 2**30:.0f} GiB",
        gpus=tuple(gpu.name for gpu in machine.gpus),
        versions=system | {name: version for name, version in versions(_LIBRARIES).items() if version},
        load=round(os.getloadavg()[0], 1) if sys.platform != "win32" else None,
        day=time.strftime("%Y-%m-%d"),
    )


def table(results: Results) -> str:
    """Lines for a terminal."""
    rows = [_cells(row) for rows in results.values() for row in rows]
    widths = [max(len(cells[column]) for cells in [_HEADS, *rows]) for column in range(len(_HEADS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) for cells in [_HEADS, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines)


def page(results: Results, facts: MachineFacts, quick: bool, before: str = "") -> str:
    """The whole of `measurements.md`: new sections for `results`, and those of the page `before` for the others."""
    kept = sections(before)
    fresh = {name: _section(name, rows, facts, quick) for name, rows in results.items()}
    found = {name: fresh.get(name) or kept.get(name) for name in BENCHMARKS}
    return "\n".join([_HEAD, *(section for section in found.values() if section)])


def sections(text: str) -> dict[str, str]:
    """The sections of a page by the benchmark's name, each with its heading."""
    _, *found = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return {part[3:].partition(":")[0]: part.rstrip("\n") + "\n" for part in found}


def _section(name: str, rows: Sequence[Row], facts: MachineFacts, quick: bool) -> str:
    lines = [
        f"## {name}: {BENCHMARKS[name]}",
        "",
        _where(facts),
        *(["", "**A quick run: too short to rest anything on.**"] if quick else []),
        "",
        "| " + " | ".join(_HEADS) + " | how |",
        "|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join([*_cells(row), row.how]) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _where(facts: MachineFacts) -> str:
    software = ", ".join(f"{name} {number}" for name, number in facts.versions.items())
    gpus = ", ".join(facts.gpus) or "no GPU"
    busy = "" if facts.load is None else f" {facts.load} processes wanted its cores when it began."
    return (
        f"Measured {facts.day} on: {facts.processor}, {facts.cores} cores, {facts.memory} of memory, {gpus}. "
        f"{software}.{busy}"
    )


_HEAD = """# Measurements

Written by `make bench` (`gpulab bench NAME --write` for some of the sections); a change by hand is lost at the next
run.

Ratios come from one run in which both sides took turns; they are medians of paired ratios. Brackets hold
the 95 % interval. A target is met only if the whole interval clears it; where it spans the target, it is not
shown.
"""

_HEADS = ("figure", "value", "target", "met")


def _cells(row: Row) -> tuple[str, str, str, str]:
    target = f"{row.target.kind} {_number(row.target.bound)}" if row.target else ""
    silent = row.target is None and row.value is not None
    met = {True: "yes", False: "no", None: "" if silent else f"not shown: {row.reason}"}[row.met]
    return row.name, _value(row), target, met


def _value(row: Row) -> str:
    if row.value is None:
        return "-"
    interval = f" [{_number(row.low)}, {_number(row.high)}]" if row.low is not None and row.high is not None else ""
    return f"{_number(row.value)} {row.unit}{interval}"


def _number(value: float | None) -> str:
    """Three or four significant digits, as a plain number."""
    if value is None or not math.isfinite(value):
        return "?"
    if value == 0 or 0.001 <= abs(value) < 1000:
        return f"{value:.4g}" if abs(value) >= 0.01 else f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1e}"
