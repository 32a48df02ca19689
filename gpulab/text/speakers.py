"""Who speaks where in a play, from the headings over its speeches.

Editions write them differently; those of the bundled plays stand alone on a line, as `HAMLET.`, `BUCKINGHAM` or `Ham.`.
A line like that may also be a title or a very short verse, so it counts only where it comes back: twice in capitals,
three times otherwise, and then with an empty line before it. Names stay as they are written: a speaker who is called
two ways counts as two, and two of one name in different plays as one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NOBODY, OTHERS = "(nobody)", "(others)"

_CAPITALS = re.compile(r"^[ \t]*((?:[0-9] )?[A-Z][A-Z .,'’&-]{0,38}[A-Z])[.:]?[ \t]*$", re.MULTILINE)
_MIXED = re.compile(r"(?<=\n\n)[ \t]*((?:[0-9] )?[A-Z][a-z]+(?: [A-Za-z][a-z]*){0,2})\.[ \t]*(?=\n\S)")
_DIVISION = re.compile(r"^[ \t]*(?:(?:ACT|SCENE|Act|Scene) [IVXLCDM\d]+\b.*|[IVXLCDM]+\.?)$", re.MULTILINE)
_DIRECTION = re.compile(r"\[[^\[\]]*\]")
_CAPITALS_BACK, _MIXED_BACK = 2, 3


class Speeches(NamedTuple):
    """Speakers' names, who says most first, and for each character of the text the place of who speaks.

    `NOBODY` has what stands outside of speeches: titles, scenes and stage directions in brackets; `OTHERS` all speakers
    that are not named.
    """

    names: tuple[str, ...]
    of: npt.NDArray[np.int8]


def speeches(text: str, most: int, begins: Collection[int] = ()) -> Speeches | None:
    """Who speaks in `text`, the `most` who say most by name; None where it has no headings of speeches.

    Plays begin at the characters `begins`, where whoever spoke last in the play before has ended.
    """
    headings = _headings(text)
    if not any(headings.values()):
        return None
    headings = dict.fromkeys((at for at in begins if at < len(text)), "") | headings
    starts = sorted(headings)
    ends = [*starts[1:], len(text)]
    said: Counter[str] = Counter()
    for start, end in zip(starts, ends, strict=True):
        said[headings[start]] += end - start
    said.pop("", None)
    names = (*(name for name, _ in said.most_common(most)), OTHERS, NOBODY)
    place = {name: at for at, name in enumerate(names)}
    of = np.full(len(text), len(names) - 1, np.int8)
    for start, end in zip(starts, ends, strict=True):
        speaker = headings[start]
        of[start:end] = place.get(speaker, len(names) - 2) if speaker else len(names) - 1
    for direction in _DIRECTION.finditer(text):
        of[direction.start() : direction.end()] = len(names) - 1
    return Speeches(names, of)


def _headings(text: str) -> dict[int, str]:
    """Where each heading begins, and whose it is: of nobody where it divides the play."""
    found = _coming_back(list(_MIXED.finditer(text)), _MIXED_BACK)
    found |= _coming_back(list(_CAPITALS.finditer(text)), _CAPITALS_BACK)
    return found | {division.start(): "" for division in _DIVISION.finditer(text)}


def _coming_back(lines: Sequence[re.Match[str]], least: int) -> dict[int, str]:
    counts = Counter(line[1] for line in lines)
    return {line.start(): line[1] for line in lines if counts[line[1]] >= least}
