"""What the device did while a run trained, as thin strips for under its charts, from what the run recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from gpulab.viewmodels.hardware.history import Point
from gpulab.viewmodels.series import RunSeries
from gpulab.viewmodels.track import Track, Window


class DeviceSeries(msgspec.Struct, frozen=True):
    """One recorded series: how it is named where there is little room, `unit`, what one unit is in it, and its top."""

    key: str
    label: str
    help: str
    unit: str
    times: float = 1.0
    top: float = 0.0


SERIES = (
    DeviceSeries("cpu_percent", "CPU", "How much of the time its cores computed.", "%", top=100.0),
    DeviceSeries("gpu_busy_percent", "GPU", "Share of time in which any kernel ran, however small.", "%", top=100.0),
    DeviceSeries("power_w", "Power", "What the device drew.", "W"),
    DeviceSeries("temperature_c", "Heat", "Beyond a limit of its own it slows down.", "°C", top=100.0),
    DeviceSeries("sm_clock_mhz", "Clock", "How fast its cores ticked.", "GHz", 1e-3),
    DeviceSeries(
        "throttled", "Held back", "Share of time in which heat or its supply slowed it down.", "%", 100.0, 100.0
    ),
)


class DeviceStrip(msgspec.Struct, frozen=True):
    """A strip: the newest `figure`, and points from left to right in the x-axis' own unit; `loud` for a warning."""

    series: DeviceSeries
    figure: str
    points: Sequence[Point]
    loud: bool = False


def recorded(series: RunSeries) -> tuple[DeviceSeries, ...]:
    """Which of them a run has."""
    return tuple(one for one in SERIES if one.key in series.keys)


def device_strips(series: RunSeries, track: Callable[[str], Track], window: Window) -> Sequence[DeviceStrip]:
    """The strips of what a run recorded, as many points as `window` has pixels for; `track` follows a key."""
    return [_strip(one, track(one.key), window) for one in recorded(series)]


def _strip(one: DeviceSeries, track: Track, window: Window) -> DeviceStrip:
    x, y = track.envelope(window)
    points = tuple(
        (at, value * one.times, figure(one, value)) for at, value in zip(x.tolist(), y.tolist(), strict=True)
    )
    newest = float(track.raw[-1]) if len(track) else None
    loud = one.key == "throttled" and bool(newest)
    return DeviceStrip(one, "" if newest is None else figure(one, newest), points, loud)


def figure(one: DeviceSeries, value: float) -> str:
    """A value with its unit."""
    return f"{value * one.times:.{2 if one.times < 1.0 else 0}f} {one.unit}"
