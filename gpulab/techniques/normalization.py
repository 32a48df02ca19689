"""Normalization (A6): which layer keeps the numbers inside the model in a healthy range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class NormalizationSettings(Settings, frozen=True):
    kind: Annotated[
        Literal["layernorm", "rmsnorm", "batchnorm", "none"],
        about(
            "Kind",
            "LayerNorm is the reference. RMSNorm does less arithmetic. BatchNorm averages over the whole batch.",
            labels={"layernorm": "LayerNorm", "rmsnorm": "RMSNorm", "batchnorm": "BatchNorm", "none": "None"},
        ),
    ] = "batchnorm"
    placement: Annotated[
        Literal["pre", "post"],
        about(
            "Placement",
            "Before is the reference: each branch of a block reads normalized numbers. After, as in the first "
            "Transformer and GPT-1, normalizes the sum instead, and there is no normalization at the very end.",
            labels={"pre": "Before each branch", "post": "After each sum"},
        ),
    ] = "pre"


class Normalization(Technique):
    name = "normalization"
    card = "A6"
    label = "Batch norm and other normalization"
    summary = "Swaps the layer that keeps the numbers inside the model in a healthy range."
    promise = "Training stays stable and gets to a good model sooner."
    risk = (
        "Extra arithmetic in every layer. BatchNorm mixes positions: while training, a token can see its own future. "
        "Placed after the sums, deep models need a warm-up."
    )
    sources = (
        "Ioffe, Szegedy: Batch Normalization (2015), arXiv:1502.03167",
        "Ba, Kiros, Hinton: Layer Normalization (2016), arXiv:1607.06450",
        "Zhang, Sennrich: Root Mean Square Layer Normalization (2019), arXiv:1910.07467",
        "Xiong et al.: On Layer Normalization in the Transformer Architecture (2020), arXiv:2002.04745 (placement)",
    )
    Settings = NormalizationSettings

    @classmethod
    def rules(cls, settings: NormalizationSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.kind == "none" and settings.placement == "post":
            yield Problem("no_norm_to_place", "techniques.normalization.placement")

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, normalization=self.settings.kind, norm_placement=self.settings.placement)
