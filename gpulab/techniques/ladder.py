"""How much of a compression there can be: the doses in which a technique is tried on a trained model."""

from __future__ import annotations

import msgspec

from gpulab.spec.setting import Value

SHARES: tuple[Value, ...] = (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9)


class Ladder(msgspec.Struct, frozen=True):
    """The setting that says how much, what is tried where nobody says otherwise, mild first, and how it is told.

    `of_model`: how many of the values there are depends on the model.
    """

    setting: str
    values: tuple[Value, ...]
    label: str
    unit: str = ""
    of_model: bool = False
