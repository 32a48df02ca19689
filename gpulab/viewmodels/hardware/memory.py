"""What memory is for: in a profiled step, beside what was predicted, and over a whole run, as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from gpulab.analysis.numerals import NONE, si
from gpulab.events.profile import PARTS, MemoryMoment, Profile
from gpulab.viewmodels.hardware.bars import Bar, Slice, percent
from gpulab.viewmodels.hardware.roofline import Said
from gpulab.viewmodels.hardware.step_time import PHASE_WORDS

if TYPE_CHECKING:
    from gpulab.viewmodels.series import RunSeries

SERIES = "mem_"
_OFF = 0.15  # of what was measured: a prediction that is worth a word

PART_WORDS: Mapping[str, tuple[str, str]] = {
    "parameters": ("Parameters", "The weights themselves."),
    "gradients": ("Gradients", "For each weight, which way it is to move. Some trainings free them after each step."),
    "optimizer": ("Optimizer state", "What the optimizer remembers: AdamW keeps two numbers for each weight."),
    "activations": (
        "Activations",
        "What the forward pass leaves for the backward pass. They grow with batch and context.",
    ),
    "workspace": ("Workspace", "Intermediate results, and what techniques keep."),
    "fragmentation": ("Fragmentation", "Pieces of a GPU's memory that are too small to be used."),
}
_KEYS = tuple(PART_WORDS)


class PartRow(msgspec.Struct, frozen=True):
    """One kind of memory at the fullest moment, beside what was predicted; words in English."""

    key: str
    label: str
    help: str
    measured: str
    predicted: str


class Layer(msgspec.Struct, frozen=True):
    """One part of a stack: the height of its upper edge at each place, the parts below it included."""

    key: str
    label: str
    tops: tuple[float, ...]


class Band(msgspec.Struct, frozen=True):
    """A stretch of the horizontal axis, with its name in English."""

    label: str
    start: float
    end: float


class Areas(msgspec.Struct, frozen=True):
    """A stack of memory over `x`. `peak` is the place of the most, `peak_figure` how much, in the band `peak_in`.

    `reserved` is what torch holds of a GPU; empty where that is not known. `steps`: values hold until the next.
    """

    x: tuple[float, ...]
    x_name: str
    layers: tuple[Layer, ...]
    peak: tuple[float, float]
    peak_figure: str
    peak_in: str = ""
    bands: tuple[Band, ...] = ()
    reserved: tuple[float, ...] = ()
    steps: bool = False


def bars(profile: Profile) -> tuple[Bar, ...]:
    """The fullest moment as it was measured, and as it was predicted; nothing where memory was not seen."""
    peak = profile.at_peak
    if peak is None:
        return ()
    measured = {part: float(getattr(peak, part)) for part in PARTS}
    found = [_bar("Measured", measured)]
    if profile.predicted:
        found.append(_bar("Predicted", {part: float(profile.predicted.get(part, 0)) for part in PARTS}))
    return tuple(found)


def part_rows(profile: Profile) -> tuple[PartRow, ...]:
    """Each part, then all together, then what torch holds of a GPU."""
    peak, predicted = profile.at_peak, profile.predicted
    if peak is None:
        return ()
    rows = [
        PartRow(part, *PART_WORDS[part], si(getattr(peak, part), "B"), _bytes(predicted.get(part))) for part in PARTS
    ]
    total = _bytes(sum(predicted.values())) if predicted else NONE
    rows.append(PartRow("together", "Together", "All tensors at the fullest moment.", si(peak.total, "B"), total))
    if peak.reserved is not None:
        tip = "What PyTorch holds of the GPU, the unused between tensors included."
        rows.append(PartRow("reserved", "Reserved", tip, si(peak.reserved, "B"), NONE))
    return tuple(rows)


def meaning(profile: Profile) -> Iterator[Said]:
    """When memory is fullest, what fills it, and how good the prediction was."""
    peak = profile.at_peak
    if peak is None or not peak.total:
        yield "memory_not_seen", {}
        return
    largest = max(PARTS, key=lambda part: getattr(peak, part))
    part = {"share": percent(getattr(peak, largest) / peak.total), "amount": si(peak.total, "B")}
    yield f"memory_fullest_{peak.moment}", {"amount": si(peak.total, "B")}
    yield f"memory_mostly_{largest}", part
    predicted = sum(profile.predicted.values())
    if predicted:
        off = (predicted - peak.total) / peak.total
        key = (
            "memory_predicted_well"
            if abs(off) <= _OFF
            else "memory_predicted_more"
            if off > 0
            else "memory_predicted_less"
        )
        yield key, {"predicted": si(predicted, "B"), "off": percent(abs(off))}


def course(profile: Profile) -> Areas | None:
    """Memory through the last profiled step, with its phases; None where memory was not seen."""
    moments = sorted(profile.course or profile.memory, key=lambda moment: moment.seconds)
    if not moments:
        return None
    end = max(profile.step_seconds - profile.phases.get("evaluation", 0.0), moments[-1].seconds)  # looks come later
    x = tuple(1e3 * moment.seconds for moment in moments)
    fullest = max(moments, key=lambda moment: moment.total)
    reserved = tuple(float(moment.reserved or 0) for moment in moments)
    return Areas(
        x=x,
        x_name="ms of the step",
        layers=_layers({part: [float(getattr(moment, part)) for moment in moments] for part in PARTS}),
        peak=(1e3 * fullest.seconds, float(fullest.total)),
        peak_figure=si(fullest.total, "B"),
        peak_in=_phase(fullest.moment),
        bands=tuple(_bands(moments, 1e3 * end)),
        reserved=reserved if any(reserved) else (),
        steps=True,
    )


def over_run(series: RunSeries) -> Areas | None:
    """Memory at each look of a run; None where it was not recorded."""
    columns: dict[str, list[float]] = {}
    steps: list[float] = []
    for part in _KEYS:
        rows, values = series.points(f"{SERIES}{part}")
        if len(values) and (not steps or len(values) == len(steps)):
            steps = [float(step) for step in series.step[rows]]
            columns[part] = [float(value) for value in values]
    if not steps:
        return None
    layers = _layers(columns)
    tops = layers[-1].tops
    at = max(range(len(tops)), key=lambda place: tops[place])
    return Areas(tuple(steps), "steps", layers, (steps[at], tops[at]), si(tops[at], "B"))


def _layers(columns: Mapping[str, Sequence[float]]) -> tuple[Layer, ...]:
    """Parts on top of each other; one that is nothing throughout is left out."""
    found: list[Layer] = []
    below: Sequence[float] = ()
    for part, values in columns.items():
        below = [value + (below[at] if below else 0.0) for at, value in enumerate(values)]
        if any(values):
            found.append(Layer(part, PART_WORDS[part][0], tuple(below)))
    return tuple(found)


def _bands(moments: Sequence[MemoryMoment], end: float) -> Iterator[Band]:
    """Stretches in which one phase goes on."""
    start, name = 1e3 * moments[0].seconds, moments[0].moment
    for moment in moments[1:]:
        if moment.moment != name:
            yield Band(_phase(name), start, 1e3 * moment.seconds)
            start, name = 1e3 * moment.seconds, moment.moment
    yield Band(_phase(name), start, end)


def _bar(label: str, parts: Mapping[str, float]) -> Bar:
    whole = sum(parts.values())
    slices = tuple(
        Slice(part, *PART_WORDS[part], size, si(size, "B"), percent(size / whole))
        for part, size in parts.items()
        if size
    )
    return Bar(label, si(whole, "B"), slices)


def _phase(name: str) -> str:
    return PHASE_WORDS.get(name, (name, ""))[0]


def _bytes(size: int | None) -> str:
    return NONE if size is None else si(size, "B")
