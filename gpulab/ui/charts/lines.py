"""Decides how each line of a chart is drawn, and keeps what did not change since the last frame."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt

from gpulab.ui.charts.model import ChartState, PlottedRun
from gpulab.ui.charts.strokes import Frame, Stroke, broad_pen, fine_pen, raw_pen
from gpulab.viewmodels.charting import ChartSpec, LineSpec, Range, clipped
from gpulab.viewmodels.series import Floats
from gpulab.viewmodels.track import Line, Track, Window

FAINT = (Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DashLine)
MOST_DOTS = 40
MANY = 12  # runs; of more than this the noise is a smear, and broad lines cover each other and take seconds to draw
RESTING_ALPHA = 0.3  # of the other runs while one is pointed at
Layer = tuple[Hashable, Sequence[Stroke]]


@dataclass
class Drawn:
    """A line in as many points as the screen needs."""

    run: PlottedRun
    line: LineSpec
    track: Track
    raw: Line | None  # the thin line behind, where there is one
    curve: Line | None  # the broad line


def width_of(spec: ChartSpec, line: LineSpec) -> float:
    """The pen's width before scaling: thinner beside a bold line, so that the bold one leads."""
    if line.role == "faint":
        return 1.3
    if line.role == "bold":
        return 2.4
    return 1.2 if any(other.role == "bold" for other in spec.lines) else 2.0


def dotted(spec: ChartSpec, line: LineSpec) -> bool:
    """Bold lines carry dots where a smoothed line runs beside them: validation must not be taken for training."""
    return line.role == "bold" and any(other.role == "main" for other in spec.lines)


def dash_of(spec: ChartSpec, line: LineSpec, dash: Qt.PenStyle) -> Qt.PenStyle:
    """Faint lines have dashes of their own, which tell them from the run's main line."""
    if line.role != "faint":
        return dash
    faint = [other.key for other in spec.lines if other.role == "faint"]
    return FAINT[faint.index(line.key) % len(FAINT)]


class LineBook:
    """The lines of one chart for the current window."""

    def __init__(self, spec: ChartSpec) -> None:
        self.spec = spec
        self._known: dict[tuple[str, str], tuple[Hashable, Drawn]] = {}
        self._strokes: dict[Hashable, Sequence[Stroke]] = {}

    def lines(self, state: ChartState, window: Window) -> list[Drawn]:
        """Every line that has a value, decimated for `window`; unchanged ones are not computed again."""
        known, self._known = self._known, {}
        for run in state.runs.values():
            for line in self.spec.lines:
                track = run.track(line.key, state.smoothing if line.role == "main" else 0.0)
                if not len(track) or track.x(state.axis) is None:
                    continue
                name, key = (run.run_id, line.key), (id(track), track.version, window, len(state.runs) > MANY)
                last = known.get(name)
                if last is None or last[0] != key or last[1].run is not run:
                    last = (key, self._reduce(run, line, track, window, len(state.runs) > MANY))
                self._known[name] = last
        return [drawn for _, drawn in self._known.values()]

    def _reduce(self, run: PlottedRun, line: LineSpec, track: Track, window: Window, many: bool) -> Drawn:
        if line.role != "main":
            return Drawn(run, line, track, None, track.curve(window, smoothed=False))
        smoothed = track.version[2] > 0
        curve = track.curve(window, smoothed=True) if smoothed else None
        raw = None if many and smoothed else track.envelope(window)
        return Drawn(run, line, track, raw, curve)

    def span(self, lines: list[Drawn], window: Window, log: bool, clip: bool) -> Range | None:
        """The lowest and highest value on screen in axis units, None where there is none."""
        parts = [_inside(line, window) for drawn in lines for line in (drawn.raw or drawn.curve,) if line is not None]
        values = np.concatenate(parts) if parts else np.empty(0)
        values = values[values > 0] if log else values
        if not len(values):
            return None
        low, high = clipped(values) if clip else (float(values.min()), float(values.max()))
        return (math.log10(low), math.log10(high)) if log else (low, high)

    def layers(self, lines: list[Drawn], state: ChartState, frame: Frame) -> list[Layer]:
        """Resting runs below, live ones above, the one pointed at on top; each drawn anew only when it changed."""
        look = (frame, state.theme.name, state.scale, state.highlight, len(state.runs))
        groups: dict[int, list[Drawn]] = {0: [], 1: [], 2: []}
        for drawn in lines:
            groups[2 if drawn.run.run_id == state.highlight else int(drawn.run.live)].append(drawn)
        kept, self._strokes = self._strokes, {}
        for level, members in groups.items():
            who = tuple((d.run.run_id, d.run.color_index, d.line.key, d.track.version) for d in members)
            key = (level, look, who)
            self._strokes[key] = kept[key] if key in kept else self._draw(members, state, frame)
        return list(self._strokes.items())

    def _draw(self, members: list[Drawn], state: ChartState, frame: Frame) -> list[Stroke]:
        behind, above = [], []
        for drawn in members:
            color, dash = drawn.run.style(state.theme)
            lit = state.highlight == drawn.run.run_id
            alpha = 1.0 if lit or state.highlight is None else RESTING_ALPHA
            if drawn.raw is not None and (alpha == 1.0 or drawn.curve is None):  # a dimmed run goes without its noise
                veil = 1.0 if drawn.curve is None else 0.4 if len(state.runs) < 4 else 0.28
                behind.append(frame.stroke(drawn.raw, raw_pen(color, alpha * veil), False))
            if drawn.curve is not None:
                width = (width_of(self.spec, drawn.line) + (0.8 if lit else 0.0)) * math.sqrt(state.scale)
                style = dash_of(self.spec, drawn.line, dash)
                dots = MOST_DOTS if dotted(self.spec, drawn.line) else 0
                fine = len(state.runs) > MANY and not lit
                pen = fine_pen(color, style, alpha) if fine else broad_pen(color, width, style, alpha)
                above.append(frame.stroke(drawn.curve, pen, True, dots))
        return behind + above


def _inside(line: Line, window: Window) -> Floats:
    x, y = line
    inside = (x >= window.low) & (x <= window.high)
    return y[inside] if inside.any() else y
