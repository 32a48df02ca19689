"""Which words of a text are names: those that are written with a capital within sentences, and hardly ever without.

Capitals alone do not tell: every verse begins with one. So a word counts as a name where it stands with a capital
behind a small letter or a comma somewhere, ten times as often as it stands small anywhere. That takes in peoples and
places (`French`, `Rome`) and leaves out `Lord` and `God`, which these texts write both ways.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

WORD = re.compile(r"\w+(?:['’]\w+)*")

_WITHIN = re.compile(r"(?<=[a-z,] )[^\W\d_a-z]\w+")
_NUMERAL = re.compile(r"[IVXLCDM]+")
_MORE_OFTEN = 10


def names_of(span: str, training: str, counts: Mapping[str, int]) -> list[tuple[int, int]]:
    """From where to where each name of `span` reaches, in characters.

    How words are written is looked up in both texts; `counts` has the words of `training` as they stand there.
    """
    own = Counter(WORD.findall(span))
    within = Counter(word.lower() for text in (training, span) for word in _WITHIN.findall(text))
    found = []
    for match in WORD.finditer(span):
        word = re.split("['’]", match.group())[0]
        small = word.lower()
        if len(word) < 2 or not word[0].isupper() or _NUMERAL.fullmatch(word):
            continue
        if within[small] and within[small] >= _MORE_OFTEN * (counts.get(small, 0) + own[small]):
            found.append(match.span())
    return found
