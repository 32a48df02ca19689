"""Attention (A4): all of it in one fused kernel, or written out step by step to show what the fusing buys."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class AttentionSettings(Settings, frozen=True):
    kernel: Annotated[
        Literal["fused", "naive"],
        about(
            "Kernel",
            "Fused is the reference: one kernel that never writes the table of all pairs of positions to memory. "
            "Step by step does, as the formula is written.",
            labels={"fused": "Fused", "naive": "Step by step"},
        ),
    ] = "naive"


class Attention(Technique):
    name = "attention"
    card = "A4"
    label = "Fused attention"
    summary = "Computes attention in one fused kernel, or step by step for comparison."
    promise = "Fused: fewer trips to memory, so faster steps in less memory, above all with a long context."
    risk = "A fused kernel is complex and hides its steps; rounding differs a little between the two."
    sources = (
        "Dao et al.: FlashAttention (2022), arXiv:2205.14135",
        "Vaswani et al.: Attention Is All You Need (2017), arXiv:1706.03762 (the formula)",
    )
    Settings = AttentionSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, attention=self.settings.kernel)
