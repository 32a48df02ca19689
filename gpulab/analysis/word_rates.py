"""How often a model writes words of a list: hits in each thousand words, with an interval over the texts it wrote.

Words of one text hang together, so whole texts are drawn anew, never single words. Where no word of the list came up at
all, drawing anew knows nothing; the rate may then still be as high as three hits in all the words written (the rule of
three: Hanley and Lippman-Hand, 1983, JAMA 249, 1743-1745).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from gpulab.analysis.intervals import Interval
from gpulab.analysis.resampled import Pieces, difference, ratio

if TYPE_CHECKING:
    from gpulab.events.documents import Trial

Side = Literal["model", "beside"]

PER = 1000.0
_THREE = 3.0


def pieces_of(trials: Sequence[Trial], side: Side) -> Pieces:
    """Hits, in thousandths, and words of each text with a word in it that `side` wrote."""
    written = [one.values for one in trials if one.names["what"] == "text" and one.names["side"] == side]
    texts = [values for values in written if values["words"]]
    counted = tuple(PER * (values["hits"] or 0.0) for values in texts)
    return Pieces(counted, tuple(values["words"] or 0.0 for values in texts))


def rate(pieces: Pieces) -> Interval:
    """Hits per 1,000 words."""
    if sum(pieces.of) and not any(pieces.counted):
        return Interval(0.0, 0.0, PER * _THREE / sum(pieces.of))
    return ratio(pieces)


def more(one: Pieces, other: Pieces) -> Interval:
    """How many more hits per 1,000 words `one` has than `other`."""
    return difference(one, other)
