"""Figures between the lines of a text, drawn as vectors."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF
from PySide6.QtGui import QPainter, QPyTextObject, QTextCharFormat, QTextDocument, QTextFormat
from PySide6.QtSvg import QSvgRenderer

from gpulab.report.figures import WIDTH_IN

FIGURE = QTextFormat.FormatType.UserFormat + 1
_NUMBER = QTextFormat.Property.UserProperty + 1
_HIGHEST = 0.72  # of a page's height, so that what names a figure fits above it


class Figures(QPyTextObject):
    """Draws figures as vectors where the text has a place for them."""

    def __init__(self, drawn: dict[str, str]) -> None:
        super().__init__()
        self._drawn = [(name, QSvgRenderer(QByteArray(text.encode()))) for name, text in drawn.items()]

    def place(self, name: str, width: float) -> QTextCharFormat:
        """What a letter looks like that stands for the figure called `name`, `width` pixels wide."""
        place = QTextCharFormat()
        place.setObjectType(FIGURE)
        place.setProperty(_NUMBER, next(at for at, (known, _) in enumerate(self._drawn) if known == name))
        place.setProperty(QTextFormat.Property.ImageWidth, width)
        return place

    def intrinsicSize(self, doc: QTextDocument, position: int, format: QTextFormat) -> QSizeF:
        """As wide as its place allows, as high as that makes it."""
        size = self._drawn[format.intProperty(_NUMBER)][1].viewBoxF().size()
        width = format.doubleProperty(QTextFormat.Property.ImageWidth) * size.width() / (72.0 * WIDTH_IN)
        width = min(width, _HIGHEST * doc.pageSize().height() * size.width() / size.height())
        return QSizeF(width, width * size.height() / size.width())

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, position: int, format: QTextFormat
    ) -> None:
        """Draws it."""
        self._drawn[format.intProperty(_NUMBER)][1].render(painter, QRectF(rect))
