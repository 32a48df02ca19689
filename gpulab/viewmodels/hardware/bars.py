"""Parts of a whole beside each other on one scale, as plain values."""

from __future__ import annotations

import msgspec

_LEAST = 0.001  # of a whole: what is less is there, and that is all there is to say


class Slice(msgspec.Struct, frozen=True):
    """A part of a bar: `amount` in the bar's unit, written in `figure` and `share`; `label` and `help` in English."""

    key: str
    label: str
    help: str
    amount: float
    figure: str
    share: str


class Bar(msgspec.Struct, frozen=True):
    """`label` in English, its whole in `figure`; all bars of a picture have one scale."""

    label: str
    figure: str
    slices: tuple[Slice, ...]

    @property
    def amount(self) -> float:
        return sum(one.amount for one in self.slices)


def percent(part: float) -> str:
    """A share of a whole to the tenth of a percent, as a bar can show it."""
    return "< 0.1 %" if 0.0 < part < _LEAST else f"{100.0 * part:.1f} %"
