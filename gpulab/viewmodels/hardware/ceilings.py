"""Measured ceilings as a table, and how far a measurement of them is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from gpulab.analysis.numerals import NONE, si
from gpulab.events.documents import Trial
from gpulab.hardware.ceilings import Ceilings
from gpulab.hardware.datasheet import Peak

_COPIES = ("copy", "to_device", "from_device")
_ON_CPU, _ON_GPU = 5, 8  # things that are measured


class Ceiling(msgspec.Struct, frozen=True):
    """One row: `label` and `help` are in English, figures are written; `promised` is the datasheet's."""

    key: str
    label: str
    help: str
    measured: str
    spread: str
    promised: str


class Progress(msgspec.Struct, frozen=True):
    """How much was measured (0 to 1), and what was measured last, as it is called in the table; empty before."""

    share: float
    label: str = ""
    figure: str = ""


_LABELS = {
    "fp32": ("fp32", "Products of matrices of 32-bit numbers, the usual ones."),
    "tf32": ("tf32", "32-bit numbers that are rounded to 19 bits inside a product: faster, a little coarser."),
    "bf16": ("bf16", "16-bit numbers with the range of 32-bit ones: what most models are trained in today."),
    "fp16": ("fp16", "16-bit numbers with more digits and less range than bf16."),
    "fp8": ("fp8", "8-bit numbers with a fraction."),
    "int8": ("int8", "Whole numbers from -128 to 127, for compressed models."),
    "copy": ("Memory", "Bytes that are read and written in a second while memory is copied within the device."),
    "to_device": ("Host to device", "What goes from the computer's memory to the GPU in a second."),
    "from_device": ("Device to host", "What comes back from the GPU in a second."),
}


def ceiling_rows(found: Ceilings, peak: Peak | None) -> tuple[Ceiling, ...]:
    """Every figure that was measured, products first; what the datasheet says beside it."""
    speeds = {
        "copy": found.copy_bytes_per_s,
        "to_device": found.to_device_bytes_per_s,
        "from_device": found.from_device_bytes_per_s,
    }
    promised = dict(peak.flops_per_s) if peak else {}
    rows = [_row(key, speed, found, promised.get(key)) for key, speed in found.flops_per_s.items()]
    return (*rows, *(_row(key, speed, found, None) for key, speed in speeds.items() if speed is not None))


def written(key: str, speed: float) -> str:
    """A speed with its unit: operations a second, bytes a second."""
    return si(speed, "B/s" if key in _COPIES else "OP/s" if key == "int8" else "FLOP/s")


def measured_on(found: Ceilings) -> str:
    """The day and the hour."""
    return f"{datetime.fromtimestamp(found.measured_at).astimezone():%Y-%m-%d %H:%M}"


def progress(trials: Sequence[Trial], on_gpu: bool) -> Progress:
    """How far a measurement is; nobody knows how many widths it tries, but what it measures is known."""
    if not trials:
        return Progress(0.0)
    kinds = {trial.names["what"] for trial in trials}
    last = trials[-1]
    key = last.names["what"]
    speed = last.values.get("flops_per_s") or last.values.get("bytes_per_s")
    share = min(1.0, (len(kinds) - 0.5) / (_ON_GPU if on_gpu else _ON_CPU))
    return Progress(share, _label(key)[0], written(key, speed) if speed else NONE)


def _row(key: str, speed: float, found: Ceilings, promised: float | None) -> Ceiling:
    label, help_ = _label(key)
    spread = f"{100 * found.spread[key]:.2g} %" if key in found.spread else NONE
    return Ceiling(key, label, help_, written(key, speed), spread, written(key, promised) if promised else NONE)


def _label(key: str) -> tuple[str, str]:
    return _LABELS.get(key, (key, ""))
