"""The figures of a step in large type, each in a card with what it is below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from gpulab.lessons.figures import Figure
from gpulab.ui.lab.words import capital, said
from gpulab.ui.learn.type import LARGE, SMALL, Words, framed

_BESIDE_CHART, _ALONE = 2, 3


class FiguresPart(QWidget):
    """Cards beside each other; they are made anew only where others are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        self._values: list[Words] = []
        self._told: list[tuple[str, str]] = []
        self._most = self._columns = _ALONE

    def show_figures(self, figures: Sequence[Figure], pending: str) -> None:
        """`pending` stands where a figure is not known yet."""
        told = [(one.side, said(capital(one.what))) for one in figures]
        if (told, self._most) != (self._told, self._columns):
            self._told, self._columns = told, self._most
            self._make()
        for value, one in zip(self._values, figures, strict=True):
            value.setText(one.text if one.known else pending)
            value.mute(not one.known)
            value.setAccessibleName(f"{one.side} {one.what}: {value.text()}")
        self.setVisible(bool(figures))

    def set_alone(self, alone: bool) -> None:
        """Whether they have the width of the window, or a chart beside them."""
        self._most = _ALONE if alone else _BESIDE_CHART

    def _make(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._values = []
        columns = min(self._columns, len(self._told)) or 1
        for place, (label, name) in enumerate(self._told):
            frame = framed()
            column = QVBoxLayout(frame)
            column.setContentsMargins(14, 10, 14, 10)
            column.setSpacing(2)
            value, what, whose = Words(LARGE, bold=True), Words(SMALL), Words(SMALL, muted=True)
            whose.say(label)
            what.say(name)
            for words in (whose, value, what):
                column.addWidget(words)
            column.addStretch(1)
            self._values.append(value)
            self._grid.addWidget(frame, place // columns, place % columns)
