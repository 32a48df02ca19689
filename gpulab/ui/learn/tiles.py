"""What can be chosen from a shelf: a picture, a title and a sentence each, beside each other as the room allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gpulab.ui.theme import Theme
from gpulab.ui.theme.pictures import Picture, has_picture

_LETTERS = 40
_LINES = 3.4
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_WAYS = {Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Down: (0, 1), Qt.Key.Key_Up: (0, -1)}


class Told(NamedTuple):
    """What one tile says. `foot` stands small below, and `severity` colours it.

    `head` stands above the title, coloured by `standing`, with the word `chip` beside it.
    """

    key: str
    title: str
    words: str
    picture: str = ""
    foot: str = ""
    severity: str = ""
    head: str = ""
    standing: str = ""
    chip: str = ""


class Tile(QFrame):
    """A card that is pressed by mouse, Enter or Space. `turned` asks for a neighbour by columns and rows."""

    pressed = Signal(str)
    turned = Signal(int, int)

    def __init__(self, told: Told, theme: Theme) -> None:
        super().__init__()
        self.told = told
        self.setProperty("card", True)
        self.setProperty("pressable", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(told.title)
        said_of_it = (told.head, told.chip, told.words, told.foot)
        self.setAccessibleDescription(" ".join(part for part in said_of_it if part))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.picture = Picture(told.picture, theme, _LINES) if has_picture(told.picture) else None
        self.title, self.words, self.foot = QLabel(told.title), QLabel(told.words), QLabel(told.foot)
        self.title.setProperty("heading", True)
        self.foot.setProperty("muted", not told.severity)
        self.foot.setProperty("severity", told.severity)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        if self.picture is not None:
            column.addWidget(self.picture)
        if told.head or told.chip:
            column.addLayout(_head(told))
        for label in (self.title, self.words, self.foot):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(label)
        column.insertStretch(column.indexOf(self.foot), 1)
        self.foot.setVisible(bool(told.foot))

    def set_theme(self, theme: Theme) -> None:
        """Other colours."""
        if self.picture is not None:
            self.picture.set_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space press it, the arrow keys go to its neighbours."""
        way = _WAYS.get(Qt.Key(event.key()))
        if event.key() in _KEYS:
            self.pressed.emit(self.told.key)
        elif way is not None:
            self.turned.emit(*way)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click that ends where it began."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit(self.told.key)


def _head(told: Told) -> QHBoxLayout:
    head, chip = QLabel(told.head), QLabel(told.chip)
    head.setProperty("severity", told.standing)
    head.setProperty("heading", True)
    chip.setProperty("chip", True)
    chip.setVisible(bool(told.chip))
    row = QHBoxLayout()
    row.addWidget(head)
    row.addStretch(1)
    row.addWidget(chip)
    return row


class Tiles(QWidget):
    """Tiles in as many columns as fit, all of one width; rows are as high as their highest."""

    pressed = Signal(str)

    def __init__(self, told: Sequence[Told], theme: Theme) -> None:
        super().__init__()
        self.setProperty("clear", True)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self._columns = 0
        self.tiles = [Tile(one, theme) for one in told]
        for place, tile in enumerate(self.tiles):
            tile.pressed.connect(self.pressed)
            tile.turned.connect(lambda right, down, place=place: self._turn(place, right, down))
        self._arrange()

    def set_theme(self, theme: Theme) -> None:
        """Other colours."""
        for tile in self.tiles:
            tile.set_theme(theme)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """One column."""
        return QSize(self._wide() // 2, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room, more columns."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Larger type, fewer columns."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    @staticmethod
    def _wide() -> int:
        return QFontMetrics(QApplication.font()).averageCharWidth() * _LETTERS

    def _arrange(self) -> None:
        columns = max(1, self.width() // self._wide())
        if columns == self._columns:
            return
        for column in range(max(self._columns, columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for place, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, place // columns, place % columns)

    def _turn(self, place: int, right: int, down: int) -> None:
        wanted = place + right + down * self._columns
        if 0 <= wanted < len(self.tiles):
            self.tiles[wanted].setFocus(Qt.FocusReason.OtherFocusReason)
        elif right or down:  # to the group before or after
            self.focusNextPrevChild(right + down > 0)
