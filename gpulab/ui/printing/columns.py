"""How wide a table's columns are on paper: figures never wrap, words share what is left."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetricsF

from gpulab.report.model import Cell, Table
from gpulab.report.shown_text import shown
from gpulab.ui.theme.look import FALLBACKS

PADDING_MM = 1.1
_AROUND_MM = 2.0 * PADDING_MM + 0.8  # what the border takes, and a little air
_MOST = 0.46  # of the page's width, for a column of words before all columns were asked


def widths(block: Table, width: float, mm: float) -> list[float]:
    """A width for each column of `block`, `width` at most in all; `mm` pixels are a millimetre."""
    wants, least = [], []
    for at, column in enumerate(block.columns):
        texts = [column.label, *(_text(row[at]) for row in block.rows)]
        notes = [row[at].note for row in block.rows]
        whole = max(*(_long(text, 9.0, mm) for text in texts), *(_long(note, 8.0, mm) for note in notes), 0.0)
        word = max(_long(word, 9.0, mm) for text in texts for word in [*text.split(), ""])
        fixed = whole if column.number else min(word, width * _MOST)
        least.append(fixed + _AROUND_MM * mm)
        wants.append(max(fixed, min(whole, width * _MOST)) + _AROUND_MM * mm)
    if sum(least) >= width:
        return [one * width / sum(least) for one in least]
    over = max(0.0, sum(wants) - width)
    yielding = sum(want - one for want, one in zip(wants, least, strict=True))
    share = over / yielding if yielding else 0.0
    fitting = [want - share * (want - one) for want, one in zip(wants, least, strict=True)]
    spare = (width - sum(fitting)) / len(fitting)
    return [one + spare for one in fitting]


def _text(cell: Cell) -> str:
    return f"{cell.side.letter}  {cell.text}" if cell.side else cell.text


def _long(text: str, size_pt: float, mm: float) -> float:
    font = QFont()
    font.setFamilies(FALLBACKS)
    font.setPixelSize(100)
    font.setWeight(QFont.Weight.DemiBold)  # the widest it may be set in
    pixels = size_pt / 72.0 * 25.4 * mm
    return QFontMetricsF(font).horizontalAdvance(shown(text)) * pixels / 100.0
