"""Where pages end: no heading is left alone at the foot of one, no row of a table is cut in two.

Qt breaks lines over pages and knows no more than that. So the text is set, looked at, and set again with a page break
in front of the first thing that came out wrong, until nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from PySide6.QtGui import QTextBlock, QTextDocument, QTextFormat

SERIAL = QTextFormat.Property.UserProperty + 2
KEEP = QTextFormat.Property.UserProperty + 3
SPLIT = QTextFormat.Property.UserProperty + 4
_MOST = 200
_BELOW = 40.0  # pixels: padding and borders below the last line of a row, which must not go over the edge alone


class Item(msgspec.Struct):
    """A paragraph or the row of a table: from where to where it stands, in pages counted from 0.

    `keep`: it may not be the last on its page, since it heads what follows. `split`: it may be cut by a page's end.
    """

    serial: int
    keep: bool
    split: bool
    first_page: int
    last_page: int


def broken_well(made: Callable[[frozenset[int]], QTextDocument]) -> QTextDocument:
    """What `made` makes of the serials before which pages are broken, with as many breaks as it needs."""
    breaks: frozenset[int] = frozenset()
    document = made(breaks)
    for _ in range(_MOST):
        wanted = _first_wrong(list(items(document)), breaks)
        if wanted is None:
            break
        breaks |= {wanted}
        document = made(breaks)
    return document


def _first_wrong(found: list[Item], breaks: frozenset[int]) -> int | None:
    """The serial in front of which a page must end first; None where all is well."""
    for place, item in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else None
        cut = item.first_page != item.last_page and not item.split
        alone = item.keep and after is not None and after.first_page != item.last_page
        if not (cut or alone):
            continue
        while place and found[place - 1].keep:
            place -= 1  # noqa: PLW2901
        begins_page = place == 0 or found[place - 1].last_page < found[place].first_page
        if found[place].serial not in breaks and not begins_page:
            return found[place].serial
    return None


def items(document: QTextDocument) -> Iterator[Item]:
    """The paragraphs and rows of `document` in their order; blocks with one serial make one item."""
    current: Item | None = None
    block = document.begin()
    while block.isValid():
        serial = block.blockFormat().intProperty(SERIAL)
        if serial and block.layout().lineCount():
            first, last = _pages(document, block)
            if current is None or current.serial != serial:
                if current is not None:
                    yield current
                style = block.blockFormat()
                current = Item(serial, style.boolProperty(KEEP), style.boolProperty(SPLIT), first, last)
            current.first_page, current.last_page = min(current.first_page, first), max(current.last_page, last)
        block = block.next()
    if current is not None:
        yield current


def _pages(document: QTextDocument, block: QTextBlock) -> tuple[int, int]:
    """The pages of its first and of its last line."""
    layout = block.layout()
    above = document.documentLayout().blockBoundingRect(block).top() - layout.boundingRect().top()
    first, last = layout.lineAt(0), layout.lineAt(layout.lineCount() - 1)
    height = document.pageSize().height()
    top, bottom = above + first.y(), above + last.y() + last.height()
    return int((top + 1) // height), int((bottom + _BELOW) // height)
