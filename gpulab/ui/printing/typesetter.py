"""Sets the blocks of a report as a text document: headings, paragraphs, tables, figures, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
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

from gpulab.colours import LIGHT
from gpulab.report.model import Block, Card, Cell, Facts, Picture, Quote, Report, Section, Side, Table, Tone, Words
from gpulab.report.shown_text import bound, shown
from gpulab.ui.printing.breaks import KEEP, SERIAL, SPLIT
from gpulab.ui.printing.columns import PADDING_MM, widths
from gpulab.ui.printing.figures import FIGURE, Figures

_SCREEN_DPI = 96.0  # in which Qt takes margins and paddings, whatever it prints on
_ALONE, _BESIDE = 0.74, 0.485  # of the page's width
_TONES: dict[Tone, str] = {
    "": LIGHT.text,
    "good": LIGHT.good,
    "bad": LIGHT.danger,
    "muted": LIGHT.muted,
    "warning": LIGHT.warning,
}
_MARKS: dict[Tone, str] = {"warning": "▲ ", "bad": "■ "}


class Typesetter:
    """Writes into `document`, `width` device pixels wide, `mm` of them to a millimetre; `breaks` begin a new page."""

    def __init__(
        self, document: QTextDocument, figures: Figures, width: float, mm: float, breaks: frozenset[int]
    ) -> None:
        self._figures, self._width, self._mm = figures, width, mm
        self._dots = _SCREEN_DPI / 25.4
        self._breaks = breaks
        self._cursor = QTextCursor(document)
        document.documentLayout().registerHandler(FIGURE, figures)
        self._first = True
        self._serial = 0

    def set_report(self, report: Report) -> None:
        """The whole of it."""
        self._cursor.beginEditBlock()  # or Qt would lay out everything after each word
        self._set(report)
        self._cursor.endEditBlock()

    def _set(self, report: Report) -> None:
        self._paragraph(report.question, tone="muted")
        self._paragraph(report.title, size=18, strong=True)
        self._paragraph(report.standing, size=11)
        self._paragraph(f"{report.when} · {report.where}", tone="muted")
        self._paragraph(report.about, tone="muted", size=8)
        for section in report.sections:
            self._section(section)

    def _section(self, section: Section) -> None:
        self._paragraph(section.title, size=13, strong=True, above=6, keep=True)
        if section.lead:
            self._paragraph(section.lead, tone="muted", keep=True)
        for is_picture, blocks in groupby(section.blocks, lambda block: isinstance(block, Picture)):
            if is_picture:
                self._pictures([block for block in blocks if isinstance(block, Picture)])
            else:
                for block in blocks:
                    self._block(block)

    def _block(self, block: Block) -> None:
        match block:
            case Words():
                self._words(block)
            case Facts():
                self._facts(block.rows, 24)
            case Table():
                self._table(block)
            case Card():
                self._card(block)
            case Quote():
                self._quote(block)
            case Picture():
                self._pictures([block])

    # --- the blocks ---

    def _card(self, card: Card) -> None:
        self._begin(above=3, keep=True)
        self._side(card.side, 11)
        self._begin(keep=True)
        self._insert(card.word, _chars(11, _TONES[card.tone], strong=True))
        self._facts(card.sentences, 14)

    def _words(self, words: Words) -> None:
        self._begin(above=1, split=True)
        if words.side:
            self._insert(f"{words.side.letter}  ", _side_chars(words.side, 9.5))
        self._insert(_MARKS.get(words.tone, "") + bound(words.text), _chars(9.5, _TONES[words.tone]))

    def _quote(self, quote: Quote) -> None:
        self._paragraph(quote.title, strong=True, above=2, keep=True)
        self._begin(above=1, split=True)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        for text, strong in ((quote.prompt, True), (quote.text, False)):
            letters = _chars(8.5, LIGHT.text, strong)
            letters.setFontFamilies([fixed])
            self._insert(text.replace("\n", "\u2028"), letters)

    def _pictures(self, pictures: Sequence[Picture]) -> None:
        """Two beside each other, where there are two; their sides are named once."""
        sides = tuple(dict.fromkeys(side for picture in pictures for side in picture.sides))
        if sides:
            self._begin(above=1, keep=True)
        for side in sides:
            self._side(side, 9)
            self._insert("\u2003 ", _chars(9, LIGHT.text))
        if len(pictures) == 1:
            self._paragraph(pictures[0].title, strong=True, above=1.5, keep=True)
            self._begin(line=100)
            self._draw(self._cursor, pictures[0], _ALONE)
            return
        for place in range(0, len(pictures), 2):
            self._serial += 1
            table = self._open_table([self._width / 2] * 2, False, new_page=self._serial in self._breaks)
            for column, picture in enumerate(pictures[place : place + 2]):
                into = table.cellAt(0, column).firstCursorPosition()
                into.setBlockFormat(self._style(0.5, keep=False, line=125))
                into.insertText(shown(picture.title), _chars(9.5, LIGHT.text, strong=True))
                into.insertBlock(self._style(0.0, keep=False, line=100))
                self._draw(into, picture, _BESIDE)
            self._close_table()

    def _draw(self, into: QTextCursor, picture: Picture, share: float) -> None:
        into.insertText("\ufffc", self._figures.place(picture.name, self._width * share))

    def _facts(self, rows: tuple[tuple[str, str], ...], percent: float) -> None:
        first = self._width * percent / 100
        columns = [first, self._width - first]
        table, place = self._open_table(columns, borders=False), 0
        for label, value in rows:
            if place and self._serial + 1 in self._breaks:
                self._close_table()
                table, place = self._open_table(columns, borders=False, new_page=True), 0
            self._add_row(table, place, [Cell(label, "muted"), Cell(bound(value))], [False, False])
            place += 1
        self._close_table()

    def _table(self, block: Table) -> None:
        self._paragraph(block.caption, tone="muted", size=8.5, above=1.5, keep=True)
        numbers, fitting = [column.number for column in block.columns], widths(block, self._width, self._mm)
        table, place = self._begin_table(block, numbers, fitting), 1
        for row in block.rows:
            if self._serial + 1 in self._breaks:
                self._close_table()
                table, place = self._begin_table(block, numbers, fitting, new_page=True), 1
            self._add_row(table, place, row, numbers)
            place += 1
        self._close_table()

    def _begin_table(
        self, block: Table, numbers: list[bool], fitting: list[float], new_page: bool = False
    ) -> QTextTable:
        """A table with its headings; those of one that goes on have no serial of their own."""
        table = self._open_table(fitting, borders=True, new_page=new_page)
        heads = [Cell(column.label, "muted", strong=True) for column in block.columns]
        self._add_row(table, 0, heads, numbers, keep=True, counted=not new_page)
        return table

    # --- their parts ---

    def _open_table(self, columns: Sequence[float], borders: bool, new_page: bool = False) -> QTextTable:
        style = QTextTableFormat()
        shares = [100.0 * width / sum(columns) for width in columns]
        style.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100.0 * sum(columns) / self._width))
        style.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, one) for one in shares])
        style.setCellPadding(PADDING_MM * self._dots)
        style.setCellSpacing(0)
        style.setTopMargin(0.5 * self._dots)
        style.setBottomMargin(3 * self._dots)
        style.setHeaderRowCount(int(borders))
        style.setBorder(1.0 if borders else 0.0)
        style.setBorderCollapse(True)
        style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        style.setBorderBrush(QBrush(QColor(LIGHT.border)))
        if not self._first:
            self._cursor.insertBlock()
        self._cursor.setBlockFormat(_thin(new_page))
        self._cursor.setBlockCharFormat(_chars(1, LIGHT.text))
        self._first = False
        return self._cursor.insertTable(1, len(columns), style)

    def _close_table(self) -> None:
        """Behind the table stands a block that belongs to it; what comes next is set there."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._cursor.setBlockFormat(_thin(new_page=False))  # Qt begins no page and leaves no room right behind a table

    def _add_row(
        self,
        table: QTextTable,
        row: int,
        cells: Sequence[Cell],
        numbers: Sequence[bool],
        keep: bool = False,
        counted: bool = True,
    ) -> None:
        if row >= table.rows():
            table.appendRows(1)
        if counted:
            self._serial += 1
        for column, (cell, number) in enumerate(zip(cells, numbers, strict=True)):
            style = QTextBlockFormat()
            style.setAlignment(Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft)
            if counted:
                style.setProperty(SERIAL, self._serial)
                style.setProperty(KEEP, keep)
            into = table.cellAt(row, column).firstCursorPosition()
            into.setBlockFormat(style)
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
        strong: bool = False,
        above: float = 0.0,
        keep: bool = False,
    ) -> None:
        self._begin(above, keep)
        self._insert(text, _chars(size, _TONES[tone], strong))

    def _begin(self, above: float = 0.0, keep: bool = False, line: float = 125, split: bool = False) -> None:
        """A new paragraph, `above` millimetres below the last one; with `keep` on the same page as the next."""
        self._serial += 1
        style = self._style(above, keep, line)
        style.setProperty(SPLIT, split)
        if self._serial in self._breaks:
            style.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
        if self._first:
            self._cursor.setBlockFormat(style)
        else:
            self._cursor.insertBlock(style)
        self._first = False

    def _style(self, above: float, keep: bool, line: float) -> QTextBlockFormat:
        style = QTextBlockFormat()
        style.setTopMargin(above * self._dots)
        style.setLineHeight(line, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        style.setProperty(SERIAL, self._serial)
        style.setProperty(KEEP, keep)
        return style

    def _insert(self, text: str, format: QTextCharFormat) -> None:
        self._cursor.insertText(shown(text), format)


def _thin(new_page: bool) -> QTextBlockFormat:
    """The empty block that Qt wants in front of a table takes next to no room."""
    style = QTextBlockFormat()
    if new_page:
        style.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
    style.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    return style


def _chars(size: float, colour: str, strong: bool = False) -> QTextCharFormat:
    style = QTextCharFormat()
    style.setFontPointSize(size)
    style.setForeground(QBrush(QColor(colour)))
    style.setFontWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return style


def _side_chars(side: Side, size: float) -> QTextCharFormat:
    return _chars(size, LIGHT.runs[side.index % len(LIGHT.runs)], strong=True)
