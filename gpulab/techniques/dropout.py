"""Dropout (A12): while it trains, the model must do without a random part of its own numbers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class DropoutSettings(Settings, frozen=True):
    rate: Annotated[
        float,
        about(
            "Rate",
            "How likely a number is set to zero, in the embeddings, in attention, and before each sum, as in GPT-2. "
            "The numbers that stay are scaled up.",
            low=0.0,
            high=0.9,
        ),
    ] = 0.1


class Dropout(Technique):
    name = "dropout"
    card = "A12"
    label = "Dropout"
    summary = "Sets a random part of the numbers inside the model to zero in every training step."
    promise = "Better on new text where the model would otherwise learn its text by heart."
    risk = "Slower learning: in a training too short to overfit it only costs."
    sources = (
        "Srivastava et al.: Dropout (2014), Journal of Machine Learning Research 15",
        "Radford et al.: Language Models are Unsupervised Multitask Learners (2019) (GPT-2)",
    )
    Settings = DropoutSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, dropout=self.settings.rate)
