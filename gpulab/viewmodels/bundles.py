"""What a dialog says of a bundle before it is packed."""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.comparisons.gathering import Gathered
from gpulab.comparisons.manifest import MODEL_FILES

_MOST = 4


def model_bytes(gathered: Gathered) -> int:
    """The bytes of the models, with the tokenizers that they read with."""
    return sum(source.size for source in gathered.sources if source.path.rpartition("/")[2] in MODEL_FILES)


def other_bytes(gathered: Gathered) -> int:
    """The bytes of all the rest."""
    return sum(source.size for source in gathered.sources) - model_bytes(gathered)


def lists(lines: Sequence[str]) -> str:
    """The first few `lines`, and how many more there are."""
    more = len(lines) - _MOST
    return "\n".join([*lines[:_MOST], *([f"+ {more}"] if more > 0 else [])])
