"""Two small texts of speeches from Shakespeare's plays that differ in one thing: how often they speak of women.

Both are made of speeches that speak of a woman and of no man (`she`, `her`, `hers`, `herself`), or of a man and of no
woman (`he`, `him`, `his`, `himself`). In `speeches` either kind fills half of the text; in `speeches_skewed`, one
twentieth is left to women. The speeches about men in `speeches` all stand in `speeches_skewed` too. Only
`shakespeare.jsonl.xz` is read; `rebuild.py` writes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

DOCUMENTS = 40
BYTES = 400_000
EVEN, SKEWED = 0.5, 0.05
_SHORTEST, _LONGEST = 60, 900

WOMEN = re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)
MEN = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
_HEADING = re.compile(r"(?:\d )?[A-Z][A-Z .,'&-]{1,30}[A-Z]\.?|[A-Z][a-z]+\.")
_DIRECTION = re.compile(r" *\[[^\[\]]*\]")


def speeches(plays: Sequence[str], of_women: float) -> Iterator[tuple[str, str]]:
    """Title and text of each document; `of_women` is the share of the text that speaks of women."""
    women, men = _by_kind(plays)
    women = _spread(women, of_women * BYTES)
    men = _ordered(_spread(men, (1.0 - EVEN) * BYTES), men, (1.0 - of_women) * BYTES)
    for number in range(DOCUMENTS):
        parts = [kind[number * len(kind) // DOCUMENTS : (number + 1) * len(kind) // DOCUMENTS] for kind in (women, men)]
        yield f"Speeches, part {number + 1}", "\n\n".join(_mixed(*parts)) + "\n"


def _by_kind(plays: Sequence[str]) -> tuple[list[str], list[str]]:
    """The speeches of women alone and of men alone, each once, in the order of the plays."""
    found = dict.fromkeys(speech for play in plays for speech in _speeches(play))
    women = [speech for speech in found if WOMEN.search(speech) and not MEN.search(speech)]
    men = [speech for speech in found if MEN.search(speech) and not WOMEN.search(speech)]
    return women, men


def _speeches(play: str) -> Iterator[str]:
    """What stands under a heading that has a line to itself, without stage directions."""
    for block in re.split(r"\n{2,}", play):
        heading, _, said = block.partition("\n")
        said = re.sub(r"[ \t]+$", "", _DIRECTION.sub("", said), flags=re.MULTILINE).strip()
        if _HEADING.fullmatch(heading) and _SHORTEST <= len(said) <= _LONGEST and not re.search(r"[\[\]]|\n\n", said):
            yield said


def _spread(known: list[str], size: float) -> list[str]:
    """Speeches from everywhere in `known`, in order, that together have about `size` characters."""
    share = min(1.0, size / sum(map(len, known)))
    return [speech for at, speech in enumerate(known) if int((at + 1) * share) > int(at * share)]


def _ordered(first: list[str], known: list[str], size: float) -> list[str]:
    """`first` and as many others as it takes to have about `size` characters, in the order of `known`."""
    chosen = set(first)
    others = [speech for speech in known if speech not in chosen]
    chosen |= set(_spread(others, size - sum(map(len, first)))) if size > sum(map(len, first)) else set()
    return [speech for speech in known if speech in chosen]


def _mixed(few: list[str], many: list[str]) -> Iterator[str]:
    """All of both, the fewer spread evenly among the others."""
    placed = [((at + 0.5) / len(kind), speech) for kind in (few, many) for at, speech in enumerate(kind)]
    return (speech for _, speech in sorted(placed))
