"""Everything a report says, as one frozen value that a page, a printer and a test can read without asking again.

A report is a title, what was found, and sections of blocks. Its words are written out, its figures too: whoever shows
it decides how it looks, and nothing else. What a person typed stands in it as it was typed; showing it safely is the
shower's work.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.report.drawings import Drawing

Tone = Literal["", "good", "bad", "muted", "warning"]
"""How a text is meant; never by colour alone, the words say it too."""


class Side(msgspec.Struct, frozen=True):
    """One side of a comparison as a report shows it: a letter, which figures use, and the name it was given.

    `index` chooses its colour, its dash and its marker, the same in every figure; the baseline has 0.
    """

    letter: str
    name: str
    index: int


class Cell(msgspec.Struct, frozen=True):
    """One cell of a table; `note` is said below it in smaller type, `side` is shown as the side's letter before it."""

    text: str
    tone: Tone = ""
    note: str = ""
    side: Side | None = None
    strong: bool = False


class Column(msgspec.Struct, frozen=True):
    """A column's heading; `number` aligns it at the right."""

    label: str
    number: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows below headings; the first cell of a row is its heading. `caption` says what is in it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Pairs of a label and what is said about it."""

    rows: tuple[tuple[str, str], ...]


class Words(msgspec.Struct, frozen=True, tag="words"):
    """A paragraph; with a `side`, one about it."""

    text: str
    tone: Tone = ""
    side: Side | None = None


class Quote(msgspec.Struct, frozen=True, tag="quote"):
    """Text that a model wrote, behind the prompt it was given; kept letter by letter."""

    title: str
    prompt: str
    text: str


class Card(msgspec.Struct, frozen=True, tag="card"):
    """What was found about one side: a word, and sentences in the order in which they are said."""

    side: Side
    word: str
    tone: Tone
    sentences: tuple[tuple[str, str], ...]


class Picture(msgspec.Struct, frozen=True, tag="picture"):
    """A figure. `name` is unique in the report, `title` stands above it; `description` is for who cannot see it."""

    name: str
    title: str
    description: str
    drawing: Drawing
    sides: tuple[Side, ...] = ()


Block = Table | Facts | Words | Quote | Card | Picture


class Section(msgspec.Struct, frozen=True):
    """Blocks below a heading; `lead` says in one sentence what they show."""

    title: str
    blocks: tuple[Block, ...]
    lead: str = ""


class Report(msgspec.Struct, frozen=True):
    """The whole of it. `standing` says how far the work is, `when` and `where` it was measured, `about` by what."""

    title: str
    question: str
    standing: str
    when: str
    where: str
    about: str
    sections: tuple[Section, ...]
    format: int = 1


def letter(index: int) -> str:
    """A, B, … Z, AA, AB, … for the side at `index`."""
    shown = ""
    index += 1
    while index:
        index, place = divmod(index - 1, 26)
        shown = chr(ord("A") + place) + shown
    return shown
