"""Stochastic depth (A12): while it trains, the model must do without whole branches, the deeper the more often."""

from __future__ import annotations

from typing import Annotated

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class StochasticDepthSettings(Settings, frozen=True):
    rate: Annotated[
        float,
        about(
            "Rate",
            "How likely each of the last layer's two branches is left out; earlier layers less, in a straight line. "
            "Each piece of text draws for itself.",
            low=0.0,
            high=0.9,
        ),
    ] = 0.1


class StochasticDepth(Technique):
    name = "stochastic_depth"
    card = "A12"
    label = "Stochastic depth"
    summary = "Leaves out whole branches of the model at random while it trains."
    promise = "Better on new text where a deep model would otherwise learn its text by heart."
    risk = "Slower learning in a short training, and a shallow model has little to spare. It saves no time here."
    sources = ("Huang et al.: Deep Networks with Stochastic Depth (2016), arXiv:1603.09382",)
    Settings = StochasticDepthSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, stochastic_depth=self.settings.rate)
