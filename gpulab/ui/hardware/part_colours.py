"""Colours of a step's phases and of what memory is for: one each, the same in every picture of the page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor

from gpulab.ui.theme import Theme
from gpulab.ui.theme.colours import contrast

_PLACES = {
    "forward": 0,
    "backward": 1,
    "optimizer": 2,
    "data": 3,
    "evaluation": 4,
    "communication": 5,
    "parameters": 0,
    "activations": 1,
    "gradients": 3,
    "workspace": 4,
    "fragmentation": 5,
}


def part_colour(key: str, theme: Theme) -> str:
    """The colour of a phase or part, "#rrggbb"; a quiet one for what is neither."""
    return theme.runs[_PLACES[key]] if key in _PLACES else theme.muted if key != "idle" else theme.strong_border


def part_brush(key: str, theme: Theme) -> QBrush:
    """The same to fill with; idle time is hatched, because nothing is there."""
    pattern = Qt.BrushStyle.BDiagPattern if key == "idle" else Qt.BrushStyle.SolidPattern
    return QBrush(QColor(part_colour(key, theme)), pattern)


def text_on(key: str, theme: Theme) -> str:
    """What can be read on that colour."""
    if key == "idle":
        return theme.text
    return max((theme.window, theme.text, theme.surface), key=lambda colour: contrast(colour, part_colour(key, theme)))
