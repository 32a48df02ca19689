"""What the four charts share: the runs on them and how they are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.charting import Range
from gpulab.viewmodels.series import RunSeries, XAxis
from gpulab.viewmodels.track import Track

Marker = tuple[int, str, str]  # step, label, severity
QUIET = "quiet"  # a severity: drawn faintly, and only for the run in focus


@dataclass
class PlottedRun:
    """A run on the charts, in its lasting colour."""

    run_id: str
    label: str
    series: RunSeries
    color_index: int
    live: bool
    markers: list[Marker] = field(default_factory=list)
    tracks: dict[str, Track] = field(default_factory=dict)

    def track(self, key: str, smoothing: float) -> Track:
        """The line of `key`, up to date."""
        track = self.tracks.setdefault(key, Track(self.series, key))
        track.sync(smoothing)
        return track

    def style(self, theme: Theme) -> tuple[QColor, Qt.PenStyle]:
        """Its colour and dash."""
        return run_style(self.color_index, theme)


@dataclass
class ChartState:
    """How all charts of a grid are looked at."""

    theme: Theme
    scale: float = 1.0
    axis: XAxis = "step"
    smoothing: float = 0.6
    log_x: bool = False
    clip: bool = False
    zoom_x: Range | None = None  # in axis units, log10 of them where log_x
    reach_x: Range = (0.0, 1.0)  # what is shown without zoom
    cross_x: float | None = None  # in the axis' own unit, never log
    highlight: str | None = None
    chosen: str | None = None  # the run that the window talks about
    runs: dict[str, PlottedRun] = field(default_factory=dict)
    moving: bool = False  # charts are being placed: each is drawn once it stands

    @property
    def shown_x(self) -> Range:
        """The horizontal range on screen, in axis units."""
        return self.zoom_x or self.reach_x

    def to_axis(self, where: float) -> float:
        """From the horizontal axis' own unit to a position on it."""
        return math.log10(max(where, 1e-9)) if self.log_x else where

    def from_axis(self, at: float) -> float:
        """From a position on the horizontal axis to its own unit."""
        return 10.0**at if self.log_x else at

    @property
    def focus(self) -> PlottedRun | None:
        """The run whose figures stand in large type: pointed at, else chosen, else the newest live one or newest."""
        for run_id in (self.highlight, self.chosen):
            if run_id in self.runs:
                return self.runs[run_id]
        runs = list(self.runs.values())
        candidates = [run for run in runs if run.live] or runs
        return candidates[-1] if candidates else None
