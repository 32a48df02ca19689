"""Weight tying (A9): one matrix reads tokens in and writes guesses out, or each has its own."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class WeightTyingSettings(Settings, frozen=True):
    head: Annotated[
        Literal["tied", "untied"],
        about(
            "Output head",
            "Tied is the reference: the matrix that reads tokens also scores the next one. Untied adds a second matrix "
            "of the same size.",
            labels={"tied": "Shared with the embedding", "untied": "Of its own"},
        ),
    ] = "untied"


class WeightTying(Technique):
    name = "weight_tying"
    card = "A9"
    label = "Tied embeddings"
    summary = "Shares one matrix between reading tokens and guessing them, or gives the output its own."
    promise = "Tied: fewer parameters, and often a better model for it."
    risk = "One matrix has to serve two purposes, which leaves it less capacity."
    sources = (
        "Press, Wolf: Using the Output Embedding to Improve Language Models (2016), arXiv:1608.05859",
        "Inan, Khosravi, Socher: Tying Word Vectors and Word Classifiers (2016), arXiv:1611.01462",
    )
    Settings = WeightTyingSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, tied=self.settings.head == "tied")
