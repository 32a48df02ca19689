"""How each kind of drawing is put on paper by matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from gpulab.report.drawings import Axis, Better, Curves, Forest, Interval, Line, Scatter, Strip, Ticks
from gpulab.report.ink import ink, run_ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

DASHES = ("-", (0, (5, 2)), (0, (6, 2, 1, 2)), (0, (1, 1.5)))
MARKERS = ("o", "s", "D", "^", "v", "P", "X")  # one more than colours, so that both together last for 42 sides
_STRIP_IN, _ROW_IN = 0.62, 0.2
_AIR = 0.08
_FARTHEST = 2.0
_TINY = 1e-3
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def draw_curves(figure: Figure, curves: Curves) -> None:
    """Curves with bands; each is named at its end by its letter."""
    figure.set_size_inches(figure.get_size_inches()[0], 3.0)
    axes = _axes(figure)[0]
    _frame(axes, curves.x, curves.y)
    if curves.shaded:
        axes.axhspan(*curves.shaded, color=ink("border"), alpha=0.6, linewidth=0)
    for line in curves.lines:
        colour = run_ink(line.index)
        if line.low:
            axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.18, linewidth=0, clip_on=False)
        style = DASHES[line.index % len(DASHES)]
        width, strength = (0.8, 0.45) if line.faint else (1.6, 1.0)
        axes.plot(line.x, line.y, color=colour, linestyle=style, linewidth=width, alpha=strength, clip_on=False)
        if line.marked or len(line.x) == 1:
            axes.plot(line.x, line.y, MARKERS[line.index % len(MARKERS)], color=colour, clip_on=False)
    axes.margins(x=0.0, y=_AIR)
    _draw_posts(axes, curves)
    _name_ends(axes, [line for line in curves.lines if line.letter and line.x])


def _draw_posts(axes: Axes, curves: Curves) -> None:
    """Named lines and shaded stretches across the whole height."""
    for begin, end in curves.cliffs:
        axes.axvspan(begin, end, color=ink("danger"), alpha=0.12, linewidth=0)
        middle = math.sqrt(begin * end) if curves.x.log else (begin + end) / 2
        _name_place(axes, middle, "cliff", "danger", "center")
    for place, name in curves.posts:
        axes.axvline(place, color=ink("good"), linewidth=1.2, linestyle=(0, (4, 3)))
        _name_place(axes, place, name, "good", "left")


def _name_place(axes: Axes, place: float, name: str, role: str, side: Literal["left", "center"]) -> None:
    above = axes.get_xaxis_transform()
    axes.text(place, 0.97, f" {name}" if side == "left" else name, transform=above, color=ink(role), ha=side, va="top")


def _name_ends(axes: Axes, lines: Sequence[Line]) -> None:
    """Letters right of the curves' ends, pushed apart where they would cover each other."""
    low, high = axes.get_ylim()
    room = (high - low) * 0.075
    placed: list[float] = []
    for line in sorted(lines, key=lambda one: one.y[-1]):
        place = max(line.y[-1], placed[-1] + room) if placed else line.y[-1]
        placed.append(place)
        axes.annotate(
            line.letter,
            (line.x[-1], place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=run_ink(line.index),
            fontweight="semibold",
            annotation_clip=False,
        )


def draw_scatter(figure: Figure, scatter: Scatter) -> None:
    """Sides as lettered marks; a dashed line joins the front."""
    figure.set_size_inches(figure.get_size_inches()[0], 3.4)
    axes = _axes(figure)[0]
    _frame(axes, scatter.x, scatter.y)
    front = sorted((point.x, point.y) for point in scatter.points if point.front)
    if len(front) > 1:
        axes.plot(*zip(*front, strict=True), color=ink("muted"), linewidth=1.0, linestyle=(0, (4, 3)), clip_on=False)
    for point in scatter.points:
        colour = run_ink(point.index)
        fill = colour if point.front else ink("surface")
        mark = MARKERS[point.index % len(MARKERS)]
        axes.plot(point.x, point.y, mark, markersize=8, color=colour, markerfacecolor=fill, clip_on=False)
        axes.annotate(
            point.letter,
            (point.x, point.y),
            xytext=(8, 5),
            textcoords="offset points",
            color=colour,
            fontweight="semibold",
            annotation_clip=False,
        )
    axes.margins(x=0.16, y=0.18)
    (left, right), (low, high) = (
        _at_least(axes.get_xlim(), scatter.x.least),
        _at_least(axes.get_ylim(), scatter.y.least),
    )
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def _at_least(ends: tuple[float, float], span: float) -> tuple[float, float]:
    """`ends`, moved apart where they are nearer to each other than `span`."""
    more = max(0.0, span - (ends[1] - ends[0])) / 2
    return ends[0] - more, ends[1] + more


def draw_forest(figure: Figure, forest: Forest) -> None:
    """A strip for each metric: what counts as none is shaded, each side's change is a mark with its interval."""
    heights = [_STRIP_IN + _ROW_IN * len(strip.intervals) for strip in forest.strips]
    figure.set_size_inches(figure.get_size_inches()[0], sum(heights))
    for axes, strip in zip(_axes(figure, heights), forest.strips, strict=True):
        _draw_strip(axes, strip)


def _axes(figure: Figure, heights: Sequence[float] = (1.0,)) -> list[Axes]:
    """Axes below each other; no ground is drawn behind them, which not every reader of SVG leaves invisible."""
    rows = list(figure.subplots(len(heights), squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0])
    for patch in (figure.patch, *(axes.patch for axes in rows)):
        patch.set_visible(False)
    return rows


def _draw_strip(axes: Axes, strip: Strip) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    low, high = _reach(strip)
    axes.set_xlim(low, high)
    axes.set_ylim(len(strip.intervals) - 0.4, -0.6)
    axes.axvspan(max(-strip.region, low), min(strip.region, high), color=ink("border"), alpha=0.6, linewidth=0)
    axes.axvline(0.0, color=ink("strong_border"), linewidth=0.9)
    for row, interval in enumerate(strip.intervals):
        _draw_interval(axes, row, interval, low, high)
    axes.set_title(strip.label, loc="left", fontsize=10.5, fontweight="semibold", color=ink("text"), pad=5)
    axes.set_title(_towards(strip.better), loc="right", fontsize=9.5, color=ink("muted"), pad=5)
    axes.set_yticks(range(len(strip.intervals)), [one.letter for one in strip.intervals])
    for label, one in zip(axes.get_yticklabels(), strip.intervals, strict=True):
        label.set(color=run_ink(one.index), fontweight="semibold")
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent(value)))
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)


def _draw_interval(axes: Axes, row: int, interval: Interval, low: float, high: float) -> None:
    colour = run_ink(interval.index)
    begin, end = max(interval.low, low), min(interval.high, high)
    dash = "-" if math.isfinite(interval.high - interval.low) else (0, (1, 2))  # no interval yet: it may lie anywhere
    axes.plot([begin, end], [row, row], color=colour, linewidth=2.2, linestyle=dash, solid_capstyle="butt")
    for edge, inside, arrow in ((begin, interval.low >= low, "<"), (end, interval.high <= high, ">")):
        if not inside and dash == "-":
            axes.plot(edge, row, arrow, color=colour, markersize=6, clip_on=False)
    mark = MARKERS[interval.index % len(MARKERS)]
    axes.plot(interval.change, row, mark, color=colour, markersize=6, clip_on=False)


def _reach(strip: Strip) -> tuple[float, float]:
    """From where to where a strip goes: every change, zero, the region, and intervals unless they go very far."""
    changes = [0.0, -strip.region, strip.region, *(one.change for one in strip.intervals)]
    far = _FARTHEST * (max(changes) - min(changes))  # of intervals beyond it only the direction is shown
    ends = [end for one in strip.intervals for end in (one.low, one.high) if math.isfinite(end)]
    low, high = min(changes), max(changes)
    low, high = max(min([low, *ends]), low - far), min(max([high, *ends]), high + far)
    air = max((high - low) * _AIR, 1e-6)
    return low - air, high + air


def _towards(better: Better) -> str:
    return {"lower": "← better", "higher": "better →", "neither": ""}[better]


def percent(share: float) -> str:
    """`+2.5 %`, `−40 %`, `0 %`, as a tick says it."""
    text = f"{abs(share) * 100:.3g}" if abs(share) < 10 else f"{abs(share) * 100:,.0f}"
    return "0 %" if text == "0" else f"{'+' if share > 0 else '−'}{text} %"


def _frame(axes: Axes, x: Axis, y: Axis) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    axes.grid(axis="y")
    axes.set_axisbelow(True)
    for side in ("right", "top"):
        axes.spines[side].set_visible(False)
    for axis, line, where in ((x, axes.xaxis, "x"), (y, axes.yaxis, "y")):
        if axis.log:
            axes.set(**{f"{where}scale": "log"})
            line.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            line.set_minor_formatter(NullFormatter())
        else:
            line.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
            line.set_major_formatter(_ticks(axis.ticks))
    axes.set_xlabel(_labelled(x))
    axes.set_title(_labelled(y), loc="left", fontsize=10, color=ink("muted"), pad=8)  # read without turning the head


def _labelled(axis: Axis) -> str:
    return f"{axis.label} ({axis.better} is better)" if axis.better != "neither" else axis.label


def _ticks(kind: Ticks) -> Formatter:
    """Writes all labels of an axis alike."""
    from matplotlib.ticker import FixedFormatter

    class Alike(FixedFormatter):
        def format_ticks(self, values: Sequence[float]) -> list[str]:
            return tick_labels(list(values), kind)

    return Alike([])


def tick_labels(values: Sequence[float], kind: Ticks) -> list[str]:
    """One prefix for all `values`, and as many decimals as tell neighbours apart."""
    largest = max(map(abs, values), default=0.0)
    if kind == "plain" and 0 < largest < _TINY:
        return [f"{value:.3g}" for value in values]
    wanted = kind == "bytes" or (kind == "si" and largest >= 1e4)
    scale, prefix = next(((size, name) for size, name in PREFIXES if wanted and largest >= size), (1.0, ""))
    unit = f" {prefix}{'B' if kind == 'bytes' else ''}".rstrip()
    gap = min((abs(b - a) for a, b in pairwise(values)), default=largest or 1.0) / scale
    decimals = next((digits for digits in range(9) if abs(round(gap, digits) - gap) <= gap * 1e-6), 9)
    return [f"{value / scale:,.{decimals}f}{unit}".replace("-", "−") for value in values]
