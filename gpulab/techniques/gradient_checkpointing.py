"""Gradient checkpointing (A5): forget what a block worked out, and work it out again when the gradient needs it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class GradientCheckpointingSettings(Settings, frozen=True):
    blocks: Annotated[
        Literal["every_block", "every_second_block"],
        about(
            "Blocks",
            "Which blocks are worked out a second time. Every block saves the most memory, every second one costs half "
            "the time.",
            labels={"every_block": "Every block", "every_second_block": "Every second block"},
        ),
    ] = "every_block"


class GradientCheckpointing(Technique):
    name = "gradient_checkpointing"
    card = "A5"
    label = "Gradient checkpointing"
    summary = "Keeps only what goes into each block, and computes the rest again for the gradient."
    promise = "Much less memory for the same training, number for number: room for larger models and batches."
    risk = "Each block is computed forward twice, which is about a third more arithmetic."
    sources = ("Chen et al.: Training Deep Nets with Sublinear Memory Cost (2016), arXiv:1604.06174",)
    Settings = GradientCheckpointingSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, recompute=self.settings.blocks)
