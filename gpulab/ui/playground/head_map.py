"""One attention head as a picture: each row is a token that looks, each column one that is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gpulab.ui.theme import Theme

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = npt.NDArray[np.float32]

_LABELLED = 9  # pixels a cell needs before every token gets its letter
_EDGE = 26
_SMALL = 46


def picture(weights: Weights, theme: Theme) -> QImage:
    """`weights` (time, time), 0 to 1, from the ground's colour to the accent; the root lifts what is weak."""
    import numpy as np

    ground, accent = (_rgb(name) for name in (theme.surface, theme.accent))
    warmth = np.sqrt(np.clip(weights, 0.0, 1.0))[..., None]
    pixels = np.full((*weights.shape, 4), 255, np.uint8)
    pixels[..., :3] = (ground + (accent - ground) * warmth)[..., ::-1]  # Qt's RGB32 is blue, green, red in memory
    height, width = weights.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _rgb(name: str) -> Weights:
    import numpy as np

    colour = QColor(name)
    return np.array((colour.red(), colour.green(), colour.blue()), np.float32)


class HeadMap(QWidget):
    """The large picture. `looked` carries the row that the mouse or the arrow keys are at."""

    looked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._weights: Weights | None = None
        self._image: QImage | None = None
        self._tokens: list[str] = []
        self.row = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(QSize(180, 180))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_head(self, tokens: list[str], weights: Weights) -> None:
        """`weights` (time, time) of one head over `tokens`."""
        self._tokens, self._weights = tokens, weights
        self._image = picture(weights, self._theme)
        self.row = min(self.row, len(tokens) - 1)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the theme's colours."""
        self._theme = theme
        if self._weights is not None:
            self._image = picture(self._weights, theme)
        self.update()

    def go_to(self, row: int) -> None:
        """Looks at the row of another token."""
        row = max(0, min(row, len(self._tokens) - 1))
        if self._tokens and row != self.row:
            self.row = row
            self.update()
            self.looked.emit(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture as large as it fits, tokens along its edges, a frame around the row that is looked at."""
        if self._image is None:
            return
        painter = QPainter(self)
        place = self._place()
        painter.drawImage(place, self._image)
        cell = place.height() / len(self._tokens)
        painter.setPen(QPen(QColor(self._theme.border)))
        painter.drawRect(place)
        painter.setPen(QPen(QColor(self._theme.text)))
        painter.drawRect(QRectF(place.left(), place.top() + self.row * cell, place.width(), cell))
        self._paint_tokens(painter, place, cell)
        painter.end()

    def _paint_tokens(self, painter: QPainter, place: QRectF, cell: float) -> None:
        font = self.font()
        font.setPixelSize(int(max(9, min(cell, 14))))
        painter.setFont(font)
        every = max(1, round(_LABELLED / cell + 0.49)) if cell < _LABELLED else 1
        middle = Qt.AlignmentFlag.AlignCenter
        for at, token in enumerate(self._tokens):
            if at % every and at != self.row:
                continue
            painter.setPen(QColor(self._theme.text if at == self.row else self._theme.muted))
            at_left = QRectF(place.left() - _EDGE, place.top() + at * cell, _EDGE - 3, cell)
            painter.drawText(at_left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, visible(token)[:4])
            above = QRectF(place.left() + at * cell - cell, place.top() - _EDGE, 3 * cell, _EDGE - 3)
            painter.drawText(above, middle | Qt.AlignmentFlag.AlignBottom, visible(token)[:2])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the mouse is the one that is looked at."""
        self.go_to(self._row_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from token to token."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if steps is None:
            super().keyPressEvent(event)
        else:
            self.go_to(self.row + steps)

    def changeEvent(self, event: QEvent) -> None:
        """Another size of type."""
        if event.type() == QEvent.Type.FontChange:
            self.update()
        super().changeEvent(event)

    def _row_at(self, point: QPoint) -> int:
        place = self._place()
        return int((point.y() - place.top()) / place.height() * len(self._tokens)) if self._tokens else 0

    def _place(self) -> QRectF:
        side = max(1.0, min(self.width(), self.height()) - _EDGE - 2.0)
        return QRectF(_EDGE, _EDGE, side, side)


class HeadButton(QWidget):
    """A small picture of a head that is chosen by a click or a key."""

    chosen = Signal()

    def __init__(self, name: str, weights: Weights, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights, self._theme, self.current = weights, theme, False
        self._image = picture(weights, theme)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedSize(QSize(_SMALL, _SMALL))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_current(self, current: bool) -> None:
        """Whether the large picture shows this head."""
        self.current = current
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the theme's colours."""
        self._theme, self._image = theme, picture(self._weights, theme)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The head, framed."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect().adjusted(2, 2, -2, -2), self._image)
        strong = self.current or self.hasFocus()
        painter.setPen(QPen(QColor(self._theme.accent if strong else self._theme.border), 3 if self.current else 1))
        painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click chooses it."""
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """So do Space and Enter."""
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)


def visible(token: str) -> str:
    """`token` with its spaces and line breaks made visible."""
    return token.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥") or "∅"
