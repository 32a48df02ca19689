"""A report on paper: A4 pages in the bundled font, with figures as vectors and tables that go on over pages.

Qt's text layout sets the type; no window is needed, and everything may happen outside the GUI's thread. Text is put in
as text, never as markup, so that nothing anybody typed can be taken for any.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)

from gpulab.colours import LIGHT
from gpulab.report.figures import svg
from gpulab.report.ink import PAPER
from gpulab.report.model import Picture, Report
from gpulab.report.shown_text import shown
from gpulab.ui.printing.breaks import broken_well
from gpulab.ui.printing.figures import Figures
from gpulab.ui.printing.typesetter import Typesetter
from gpulab.ui.theme.look import FALLBACKS, load_fonts

_DPI = 300
_MARGIN_MM = 16.0
_FOOT_MM = 9.0
_MM = _DPI / 25.4


class Pages(NamedTuple):
    """A report in type: `area` is what a page has room for. `figures` must live as long as the document does."""

    document: QTextDocument
    figures: Figures
    area: QRectF


def printed(report: Report) -> bytes:
    """The report as a PDF. An application must exist."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = pdf_writer(buffer, report.title)
    _paint(writer, pages_of(report, writer), report.title)
    buffer.close()
    return bytes(held.data())


def pages_of(report: Report, writer: QPdfWriter) -> Pages:
    """The report set in pages of `writer`."""
    load_fonts()
    area = QRectF(0.0, 0.0, writer.width(), writer.height() - _FOOT_MM * _MM)
    figures = Figures(_drawn(report))

    def made(breaks: frozenset[int]) -> QTextDocument:
        document = _document(writer, area)
        Typesetter(document, figures, area.width(), _MM, breaks).set_report(report)
        return document

    return Pages(broken_well(made), figures, area)


def _drawn(report: Report) -> dict[str, str]:
    """Every figure of `report` by its name, as SVG."""
    pictures = (block for section in report.sections for block in section.blocks if isinstance(block, Picture))
    return {picture.name: svg(picture.drawing, picture.name, PAPER) for picture in pictures}


def pdf_writer(buffer: QBuffer, title: str) -> QPdfWriter:
    """Writes pages of A4 into `buffer`."""
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM - 4)
    writer.setPageMargins(margins, QPageLayout.Unit.Millimeter)
    writer.setTitle(shown(title))
    writer.setCreator("GPU Lab")
    return writer


def _document(writer: QPdfWriter, area: QRectF) -> QTextDocument:
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0.0)
    document.setDefaultFont(text_font())
    document.setPageSize(area.size())
    return document


def text_font(size_pt: float = 9.5, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The bundled font in a size for paper."""
    font = QFont()
    font.setFamilies(FALLBACKS)
    font.setPointSizeF(size_pt)
    font.setWeight(weight)
    return font


def _paint(writer: QPdfWriter, set_in: Pages, title: str) -> None:
    document, _, area = set_in
    painter = QPainter(writer)
    pages = document.pageCount()
    for page in range(pages):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(0.0, -page * area.height())
        window = area.translated(0.0, page * area.height())
        painter.setClipRect(window)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = window
        document.documentLayout().draw(painter, context)
        painter.restore()
        _paint_foot(painter, QRectF(0, area.height(), area.width(), _FOOT_MM * _MM), title, page + 1, pages)
    painter.end()


def _paint_foot(painter: QPainter, place: QRectF, title: str, page: int, pages: int) -> None:
    painter.setFont(text_font(8.0))
    painter.setPen(QColor(LIGHT.muted))
    number = f"{page} / {pages}"
    room = painter.fontMetrics().horizontalAdvance(number) + 20 * _MM
    named = painter.fontMetrics().elidedText(shown(title), Qt.TextElideMode.ElideRight, int(place.width() - room))
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, named)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, number)
