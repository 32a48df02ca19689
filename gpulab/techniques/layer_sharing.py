"""Layer sharing (A9): several layers in a row are one and the same block, passed through again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class LayerSharingSettings(Settings, frozen=True):
    group: Annotated[
        int,
        about(
            "Layers that share",
            "How many layers in a row have one set of weights. 1 shares nothing. Must divide the number of layers.",
            unit="layers",
            low=1,
            high=128,
        ),
    ] = 2


class LayerSharing(Technique):
    name = "layer_sharing"
    card = "A9"
    label = "Shared layers"
    summary = "Passes through the same block several times instead of having a new one for each layer."
    promise = "Fewer parameters to store, to train and to move."
    risk = "Less capacity, and no faster: every pass costs as much arithmetic as a block of its own."
    sources = (
        "Lan et al.: ALBERT (2019), arXiv:1909.11942",
        "Dehghani et al.: Universal Transformers (2018), arXiv:1807.03819",
    )
    Settings = LayerSharingSettings

    @classmethod
    def rules(cls, settings: LayerSharingSettings, experiment: Experiment) -> Iterator[Problem]:
        layers, field = experiment.model.n_layer, "techniques.layer_sharing.group"
        if layers % settings.group:
            fitting = ", ".join(str(group) for group in range(1, layers + 1) if layers % group == 0)
            yield Problem(
                "group_does_not_divide", field, {"group": settings.group, "n_layer": layers, "fitting": fitting}
            )
        normalization = experiment.techniques.get("normalization")
        if settings.group > 1 and getattr(normalization, "kind", "") == "batchnorm":
            yield Problem("batchnorm_in_shared_layers", field)

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, shared_layers=self.settings.group)
