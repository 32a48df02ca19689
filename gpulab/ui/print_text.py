"""Sets the blocks of a report as a text document: headings, paragraphs, tables, figures, in that order."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QPainter,
    QPyTextObject,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtSvg import QSvgRenderer

from gpulab.colours import LIGHT
from gpulab.report.figures import WIDTH_IN, svg
from gpulab.report.ink import PAPER
from gpulab.report.model import Block, Card, Cell, Facts, Picture, Quote, Report, Section, Side, Table, Tone, Words
from gpulab.report.shown_text import shown

_FIGURE = QTextFormat.FormatType.UserFormat + 1
_NUMBER = QTextFormat.Property.UserProperty + 1
_KEEP = QTextFormat.Property.UserProperty + 2
_FIGURE_SHARE = 0.72
_MOST_PASSES = 200
_TONES: dict[Tone, str] = {
    "": LIGHT.text,
    "good": LIGHT.good,
    "bad": LIGHT.danger,
    "muted": LIGHT.muted,
    "warning": LIGHT.warning,
}
_MARKS: dict[Tone, str] = {"warning": "▲ ", "bad": "■ "}


class _Figures(QPyTextObject):
    """Draws figures as vectors where the text has a place for them."""

    def __init__(self, parent: QTextDocument, width: float) -> None:
        super().__init__(parent)
        self._width = width
        self.drawn: list[QSvgRenderer] = []

    def intrinsicSize(self, doc: QTextDocument, position: int, format: QTextFormat) -> QSizeF:
        """As wide as figures are, as high as this one needs."""
        size = self.drawn[format.intProperty(_NUMBER)].viewBoxF().size()
        share = size.width() / (72.0 * WIDTH_IN)
        return QSizeF(self._width * share, self._width * share * size.height() / size.width())

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, position: int, format: QTextFormat
    ) -> None:
        """Draws it."""
        self.drawn[format.intProperty(_NUMBER)].render(painter, QRectF(rect))


class Typesetter:
    """Writes into `document`, `width` device pixels wide, `mm` of them to a millimetre."""

    def __init__(self, document: QTextDocument, width: float, mm: float) -> None:
        self._document, self._width, self._mm = document, width, mm
        self._cursor = QTextCursor(document)
        self._figures = _Figures(document, width * _FIGURE_SHARE)
        document.documentLayout().registerHandler(_FIGURE, self._figures)
        self._first = True

    def set_report(self, report: Report) -> None:
        """The whole of it."""
        self._paragraph(report.question, muted=True)
        self._paragraph(report.title, size=18, strong=True, above=0.5)
        self._paragraph(report.standing, size=11, above=1.5)
        self._paragraph(f"{report.when} · {report.where}", muted=True, above=1)
        for section in report.sections:
            self._section(section)
        self._paragraph(report.about, muted=True, size=8, above=7)

    def _section(self, section: Section) -> None:
        self._paragraph(section.title, size=13, strong=True, above=7, keep=True)
        if section.lead:
            self._paragraph(section.lead, muted=True, keep=True)
        for block in section.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        match block:
            case Words():
                self._paragraph(_MARKS.get(block.tone, "") + block.text, tone=block.tone, above=1.5)
            case Facts():
                self._facts(block.rows)
            case Table():
                self._table(block)
            case Card():
                self._card(block)
            case Picture():
                self._picture(block)
            case Quote():
                self._quote(block)

    # --- the blocks ---

    def _card(self, card: Card) -> None:
        self._begin(above=4.5, keep=True)
        self._side(card.side, 11)
        self._begin(above=0.8, keep=True)
        self._insert(card.word, _chars(11, _TONES[card.tone], strong=True))
        self._facts(card.sentences, share=14)

    def _picture(self, picture: Picture) -> None:
        self._paragraph(picture.title, strong=True, above=5, keep=True)
        for side in picture.sides:
            self._begin(above=0.4, keep=True)
            self._side(side, 9)
        drawn = svg(picture.drawing, picture.name, PAPER)
        self._figures.drawn.append(QSvgRenderer(QByteArray(drawn.encode())))
        self._begin(above=1.5, line=100)
        place = QTextCharFormat()
        place.setObjectType(_FIGURE)
        place.setProperty(_NUMBER, len(self._figures.drawn) - 1)
        self._cursor.insertText("\ufffc", place)

    def _quote(self, quote: Quote) -> None:
        self._paragraph(quote.title, strong=True, above=3, keep=True)
        self._begin(above=1)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        for text, strong in ((quote.prompt, True), (quote.text, False)):
            letters = _chars(8.5, LIGHT.text, strong)
            letters.setFontFamilies([fixed])
            self._insert(text.replace("\n", "\u2028"), letters)

    def _facts(self, rows: tuple[tuple[str, str], ...], share: int = 24) -> None:
        table = self._open_table(len(rows), [share, 100 - share], borders=False)
        for place, (label, value) in enumerate(rows):
            self._fill(table, place, 0, Cell(label, "muted"))
            self._fill(table, place, 1, Cell(value))
        self._close_table()

    def _table(self, block: Table) -> None:
        self._paragraph(block.caption, muted=True, size=8.5, above=2.5, keep=True)
        table = self._open_table(len(block.rows) + 1, _shares(block), borders=True, heads=1)
        for at, column in enumerate(block.columns):
            self._fill(table, 0, at, Cell(column.label, "muted", strong=True), column.number)
        for place, row in enumerate(block.rows, 1):
            for at, cell in enumerate(row):
                self._fill(table, place, at, cell, block.columns[at].number)
        self._close_table()

    # --- their parts ---

    def _open_table(self, rows: int, shares: list[int], borders: bool, heads: int = 0) -> QTextTable:
        style = QTextTableFormat()
        style.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        style.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, one) for one in shares])
        style.setCellPadding(0.9 * self._mm)
        style.setCellSpacing(0)
        style.setTopMargin(1 * self._mm)
        style.setHeaderRowCount(heads)
        style.setBorder(0.2 * self._mm if borders else 0)
        style.setBorderCollapse(True)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(QBrush(QColor(LIGHT.border)))
        self._begin()
        return self._cursor.insertTable(rows, len(shares), style)

    def _close_table(self) -> None:
        """Behind the table stands a block that belongs to it; what comes next is set there."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._first = True

    def _fill(self, table: QTextTable, row: int, column: int, cell: Cell, number: bool = False) -> None:
        into = table.cellAt(row, column).firstCursorPosition()
        block = QTextBlockFormat()
        block.setAlignment(Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft)
        into.setBlockFormat(block)
        if cell.side:
            into.insertText(f"{cell.side.letter}  ", _side_chars(cell.side, 9))
        into.insertText(shown(cell.text), _chars(9, _TONES[cell.tone], cell.strong))
        if cell.note:
            into.insertText(f"\u2028{shown(cell.note)}", _chars(8, LIGHT.muted))

    def _side(self, side: Side, size: float) -> None:
        self._insert(f"{side.letter}  ", _side_chars(side, size))
        self._insert(side.name, _chars(size, LIGHT.text, strong=size > 10))

    def _paragraph(
        self,
        text: str,
        *,
        size: float = 9.5,
        tone: Tone = "",
        muted: bool = False,
        strong: bool = False,
        above: float = 0.8,
        keep: bool = False,
    ) -> None:
        self._begin(above, keep)
        self._insert(text, _chars(size, _TONES["muted" if muted else tone], strong))

    def _begin(self, above: float = 0.0, keep: bool = False, line: float = 125) -> None:
        """A new paragraph, `above` millimetres below the last one; with `keep` on the same page as the next."""
        style = QTextBlockFormat()
        style.setTopMargin(above * self._mm)
        style.setLineHeight(line, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        style.setProperty(_KEEP, keep)
        if self._first:
            self._cursor.setBlockFormat(style)
        else:
            self._cursor.insertBlock(style)
        self._first = False

    def _insert(self, text: str, format: QTextCharFormat) -> None:
        self._cursor.insertText(shown(text), format)


def _shares(block: Table) -> list[int]:
    """How wide columns are, in percent: by their longest text, within bounds."""
    texts = [
        [column.label, *(row[at].text for row in block.rows), *(row[at].note for row in block.rows)]
        for at, column in enumerate(block.columns)
    ]
    wants = [min(max(*map(len, column), 6), 44) for column in texts]
    return [round(100 * want / sum(wants)) for want in wants]


def _chars(size: float, colour: str, strong: bool = False) -> QTextCharFormat:
    style = QTextCharFormat()
    style.setFontPointSize(size)
    style.setForeground(QBrush(QColor(colour)))
    style.setFontWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return style


def _side_chars(side: Side, size: float) -> QTextCharFormat:
    return _chars(size, LIGHT.runs[side.index % len(LIGHT.runs)], strong=True)


def keep_together(document: QTextDocument) -> None:
    """Moves headings that would end a page to the next one, to what they head."""
    for _ in range(_MOST_PASSES):
        lonely = next((block for block in _blocks(document) if _is_lonely(document, block)), None)
        if lonely is None:
            return
        while lonely.previous().isValid() and lonely.previous().blockFormat().boolProperty(_KEEP):
            lonely = lonely.previous()
        style = lonely.blockFormat()
        style.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
        QTextCursor(lonely).setBlockFormat(style)


def _blocks(document: QTextDocument) -> list[QTextBlock]:
    found, block = [], document.begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def _is_lonely(document: QTextDocument, block: QTextBlock) -> bool:
    """Whether it should stand with the next block and does not, though it has not been moved yet."""
    style, after = block.blockFormat(), block.next()
    broken = style.pageBreakPolicy() & QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore
    if not style.boolProperty(_KEEP) or broken or not after.isValid():
        return False
    while after.next().isValid() and not after.text():  # the empty block in front of a table
        after = after.next()
    return _page(document, block, "top") != _page(document, after, "end")


def _page(document: QTextDocument, block: QTextBlock, edge: str) -> int:
    place = document.documentLayout().blockBoundingRect(block)
    at = place.top() if edge == "top" else min(place.bottom(), place.top() + document.pageSize().height() * 0.9)
    return int((at - 1) // document.pageSize().height())
