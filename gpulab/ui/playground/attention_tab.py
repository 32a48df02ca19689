"""Where a model looks: every head small, one large, its row in the text itself, and what each layer would say."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.lab.words import said
from gpulab.ui.playground.head_map import HeadButton, HeadMap, visible
from gpulab.ui.theme import Theme, mixed
from gpulab.viewmodels.playground.attention import Attention

if TYPE_CHECKING:
    from gpulab.viewmodels.playground.attention import Weights

_HEADS_WIDTH, _SAYS_WIDTH = 100, 330
_IN_A_ROW = 4  # heads
_GUESSES = 3
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"  # for a space is drawn as a mark, and the row would be one word wider than a window
_STRONGEST = 0.75  # of the accent over the ground: text stays readable on it


class AttentionTab(QWidget):
    """Empty until `show_look`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look: Attention | None = None
        self._weights: list[Weights] = []
        self._chosen = (0, 0)
        self.buttons: dict[tuple[int, int], HeadButton] = {}
        self.invitation = QLabel(
            said("Press Look to see where each head of the model looks while it reads your prompt.")
        )
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation.setWordWrap(True)
        self.invitation.setProperty("muted", True)
        self.map = HeadMap(theme)
        self.map.looked.connect(lambda _: self._show_row())
        self.title, self.row = QLabel(), QLabel()
        self.title.setProperty("heading", True)
        self.title.setWordWrap(True)
        self.row.setWordWrap(True)
        self.row.setTextFormat(Qt.TextFormat.RichText)
        self.row.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.says = _table(said("What each layer would say next"))
        self._lay_out()

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        heads = QWidget()
        heads.setProperty("clear", True)
        within = QVBoxLayout(heads)
        within.setContentsMargins(0, 0, 0, 0)
        within.addLayout(self._grid)
        within.addStretch()
        scrolled = QScrollArea()
        scrolled.setWidgetResizable(True)
        scrolled.setWidget(heads)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        self._heads = scrolled
        middle = QVBoxLayout()
        middle.addWidget(self.title)
        middle.addWidget(self.map, 1)
        middle.addWidget(self.row)
        right = QVBoxLayout()
        heading = QLabel(said("What each layer would say next"))
        heading.setProperty("heading", True)
        right.addWidget(heading)
        right.addWidget(self.says, 1)
        self._inside = QFrame()
        self._inside.setProperty("card", True)
        columns = QHBoxLayout(self._inside)
        columns.setContentsMargins(12, 10, 12, 10)
        columns.setSpacing(16)
        columns.addWidget(scrolled)
        columns.addLayout(middle, 1)
        columns.addLayout(right)
        self.says.setFixedWidth(_SAYS_WIDTH)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.addWidget(self.invitation, 1)
        whole.addWidget(self._inside, 1)
        self._inside.hide()

    def show_look(self, look: Attention, weights: list[Weights]) -> None:
        """Shows what was seen; `weights` (heads, time, time) by layer."""
        self._look, self._weights = look, weights
        layer, head = self._chosen
        self._chosen = (layer, head) if layer < len(weights) and head < len(weights[layer]) else (0, 0)
        self._make_buttons()
        self.invitation.hide()
        self._inside.show()
        self._show_head()
        self._show_says()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self._theme = theme
        self.says.setFixedWidth(round(_SAYS_WIDTH * scale))
        self.map.set_theme(theme)
        for button in self.buttons.values():
            button.set_theme(theme)
        if self._look is not None:
            self._show_row()

    def choose(self, layer: int, head: int) -> None:
        """Shows that head large; both count from 0."""
        self._chosen = (layer, head)
        self._show_head()

    def _make_buttons(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self.buttons = {}
        for layer, weights in enumerate(self._weights):
            name = QLabel(said("Layer {n}").format(n=layer + 1))
            name.setProperty("muted", True)
            self._grid.addWidget(name, 2 * layer, 0, 1, _IN_A_ROW)
            row = QGridLayout()
            row.setSpacing(4)
            for head, picture in enumerate(weights):
                words = said("Layer {layer}, head {head}").format(layer=layer + 1, head=head + 1)
                button = HeadButton(words, picture, self._theme)
                button.chosen.connect(lambda layer=layer, head=head: self.choose(layer, head))
                self.buttons[layer, head] = button
                row.addWidget(button, head // _IN_A_ROW, head % _IN_A_ROW, Qt.AlignmentFlag.AlignLeft)
            row.setColumnStretch(_IN_A_ROW, 1)
            self._grid.addLayout(row, 2 * layer + 1, 0, 1, _IN_A_ROW)
        inside = self._heads.widget()
        assert inside is not None
        bar = self._heads.verticalScrollBar().sizeHint().width()
        self._heads.setFixedWidth(max(_HEADS_WIDTH, inside.sizeHint().width() + bar))

    def _show_head(self) -> None:
        assert self._look is not None
        layer, head = self._chosen
        for place, button in self.buttons.items():
            button.set_current(place == self._chosen)
        distance = self._look.layers[layer].mean_distance
        words = said("Layer {layer}, head {head}. This layer looks {n} tokens back on average.")
        self.title.setText(words.format(layer=layer + 1, head=head + 1, n=f"{distance:.1f}"))
        self.map.setAccessibleName(self.title.text())
        self.map.show_head(self._look.tokens, self._weights[layer][head])
        if self.map.row == 0:
            self.map.go_to(len(self._look.tokens) - 1)
        self._show_row()

    def _show_row(self) -> None:
        assert self._look is not None
        layer, head = self._chosen
        weights, at = self._weights[layer][head][self.map.row], self.map.row
        spans = _MAY_BREAK.join(
            f"<span style='background:{mixed(self._theme.accent, self._theme.surface, _STRONGEST * weight**0.5)}'>"
            f"{html.escape(visible(token))}</span>"
            for token, weight in zip(self._look.tokens[: at + 1], weights, strict=False)
        )
        most = int(weights[: at + 1].argmax())
        words = said("“{token}” looks most at “{other}” ({share} %):").format(
            token=html.escape(visible(self._look.tokens[at])),
            other=html.escape(visible(self._look.tokens[most])),
            share=round(100 * float(weights[most])),
        )
        self.row.setText(f"{words}<br>{spans}")

    def _show_says(self) -> None:
        assert self._look is not None
        guesses, table = self._look.guesses, self.says
        table.setRowCount(len(guesses))
        for row, line in enumerate(guesses):
            last = row == len(guesses) - 1
            name = said("Before the first") if row == 0 else said("Layer {n}").format(n=row)
            table.setVerticalHeaderItem(row, QTableWidgetItem(said("The answer") if last else name))
            for column, guess in enumerate(line[:_GUESSES]):
                cell = QTableWidgetItem(f"{visible(guess.text)}  {round(100 * guess.share)} %")
                table.setItem(row, column, cell)


def _table(name: str) -> QTableWidget:
    table = QTableWidget(0, _GUESSES)
    table.setHorizontalHeaderLabels([said("Likeliest"), said("Second"), said("Third")])
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setAccessibleName(name)
    return table
