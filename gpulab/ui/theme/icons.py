"""Line icons from SVG files, drawn in the theme's colour at whatever size and pixel ratio the screen asks for."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from gpulab.resources import resource
from gpulab.ui.theme.colours import Theme
from gpulab.ui.theme.look import disabled


class LineIcon(QIconEngine):
    """Renders one SVG on demand, so that an icon is crisp at every size and costs nothing until it is shown."""

    def __init__(self, svg: str, colour: str, disabled_colour: str) -> None:
        super().__init__()
        self._svg = svg
        self._colours = (colour, disabled_colour)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draws the icon into `rect`."""
        colour = self._colours[mode == QIcon.Mode.Disabled]
        drawn = QSvgRenderer(QByteArray(self._svg.replace("currentColor", colour).encode()))
        drawn.render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon as a picture of `size` device pixels."""
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return QPixmap.fromImage(image)

    def clone(self) -> QIconEngine:
        """A copy, as Qt asks for when an icon is changed."""
        return LineIcon(self._svg, *self._colours)


@cache
def svg(name: str) -> str:
    """The text of the icon's file; KeyError if there is none."""
    path = resource("icons", f"{name}.svg")
    if not path.is_file():
        raise KeyError(name)
    return path.read_text("utf-8")


def icon(name: str, theme: Theme, colour: str | None = None) -> QIcon:
    """The icon `name` for `theme`, in its text colour unless `colour` ("#rrggbb") is given."""
    return QIcon(LineIcon(svg(name), colour or theme.text, disabled(theme)))
