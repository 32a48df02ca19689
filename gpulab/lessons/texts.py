"""The texts of a lesson with their figures in them, as pieces that a screen, a terminal or a page can each show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from gpulab.lessons.figures import Figure
from gpulab.spec.lesson_text import BOUND

_PARTS = re.compile(rf"{BOUND.pattern}|\*([^*]*)\*")


class Piece(msgspec.Struct, frozen=True):
    """Some words. `strong` is emphasis; `figure` is what was measured, where the piece is a figure."""

    text: str
    strong: bool = False
    figure: Figure | None = None


Paragraph = tuple[Piece, ...]


def paragraphs(text: str, figure: Callable[[str], Figure]) -> list[Paragraph]:
    """`text` cut at empty lines, its bindings filled by `figure` (`Results.figure`)."""
    return [
        tuple(_pieces(one, figure)) for part in re.split(r"\n\s*\n", text.strip()) if (one := " ".join(part.split()))
    ]


def plain(text: str, figure: Callable[[str], Figure]) -> str:
    """The same as bare words, for a terminal or a printed page."""
    return "\n\n".join("".join(piece.text for piece in one) for one in paragraphs(text, figure))


def _pieces(text: str, figure: Callable[[str], Figure], strong: bool = False) -> Iterator[Piece]:
    at = 0
    for found in _PARTS.finditer(text):
        if found.start() > at:
            yield Piece(text[at : found.start()], strong)
        at = found.end()
        if found.group(1) is not None:
            known = figure(found.group(1))
            yield Piece(known.text, strong, known)
        elif found.group(2):
            yield from _pieces(found.group(2), figure, True)
    if at < len(text):
        yield Piece(text[at:], strong)
