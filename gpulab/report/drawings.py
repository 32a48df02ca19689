"""What the figures of a report show, as numbers: nothing in them was typed by a person.

Sides stand in figures by their letter, so that no name has to be drawn: a name in any script, of any length, is shown
as text beside the figure.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Better = Literal["lower", "higher", "neither"]
Ticks = Literal["plain", "si", "bytes"]


class Axis(msgspec.Struct, frozen=True):
    """What stands along an axis, and which way is better. `ticks` is how its numbers are written.

    It spans `least` or more, so that chance does not fill it.
    """

    label: str
    ticks: Ticks = "plain"
    log: bool = False
    better: Better = "neither"
    least: float = 0.0


class Line(msgspec.Struct, frozen=True):
    """A curve through `y` at `x`, with a band from `low` to `high` where there are several runs.

    `index` chooses colour and dash; `faint` is for what stands behind another curve, `marked` shows its points.
    """

    letter: str
    index: int
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    faint: bool = False
    marked: bool = False


class Curves(msgspec.Struct, frozen=True, tag="curves"):
    """Curves over one axis, each named at its end where there are several.

    `shaded` is what counts as nothing, from one value to another. `posts` name places along the axis, `cliffs` are
    stretches of it where much is lost.
    """

    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    shaded: tuple[float, float] | None = None
    posts: tuple[tuple[float, str], ...] = ()
    cliffs: tuple[tuple[float, float], ...] = ()


class Interval(msgspec.Struct, frozen=True):
    """A relative change with its 95 % interval; `low` and `high` are infinite where there is none yet."""

    letter: str
    index: int
    change: float
    low: float
    high: float


class Strip(msgspec.Struct, frozen=True):
    """All sides' changes in one metric on an axis of their own; changes within `region` count as none."""

    label: str
    better: Better
    region: float
    intervals: tuple[Interval, ...]


class Forest(msgspec.Struct, frozen=True, tag="forest"):
    """Strips below each other, each to its own scale: half a percent of loss and half of the bytes fit no one axis."""

    strips: tuple[Strip, ...]


class Point(msgspec.Struct, frozen=True):
    """Where a side stands; `front` where no other side is better in one figure and no worse in the other."""

    letter: str
    index: int
    x: float
    y: float
    front: bool = False


class Scatter(msgspec.Struct, frozen=True, tag="scatter"):
    """Sides by two figures, with a line through those at the front."""

    x: Axis
    y: Axis
    points: tuple[Point, ...]


Drawing = Curves | Forest | Scatter
