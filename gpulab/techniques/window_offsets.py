"""Window offsets (B2): where in the text the pieces that a step learns from begin."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class WindowOffsetsSettings(Settings, frozen=True):
    offsets: Annotated[
        Literal["random", "grid"],
        about(
            "Pieces begin",
            "Anywhere in the text, drawn anew for every piece, so that no two are cut alike; or on a fixed grid, where "
            "each piece is read once before any is read again.",
            labels={"random": "Anywhere, by chance", "grid": "On a fixed grid, each once a round"},
        ),
    ] = "grid"


class WindowOffsets(Technique):
    name = "window_offsets"
    card = "B2"
    label = "Where pieces begin"
    summary = "Chooses between pieces cut at random places, which is the reference, and pieces on a fixed grid."
    promise = (
        "Random places are data augmentation for free: the same text is never cut twice alike. "
        "The grid reads every token equally often."
    )
    risk = "On the grid a token always stands at the same place of its piece: rounds over a small text overfit sooner."
    sources = (
        "Karpathy: nanoGPT, get_batch draws random places, https://github.com/karpathy/nanoGPT",
        "Mishchenko et al.: Random Reshuffling (2020), arXiv:2006.05988 (each piece once a round)",
    )
    Settings = WindowOffsetsSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, window_offsets=self.settings.offsets)
