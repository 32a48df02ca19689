"""Activation function (A10): the bend between the two halves of each hidden layer."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class ActivationSettings(Settings, frozen=True):
    kind: Annotated[
        Literal["gelu", "gelu_tanh", "relu", "relu_squared", "silu", "swiglu", "geglu"],
        about(
            "Kind",
            "GELU is the reference. SwiGLU and GEGLU multiply two hidden layers; these are then 8/3 of the model's "
            "width instead of 4 times (to a whole number, or a multiple of 8 from width 384 on), so that the model "
            "has the same number of parameters within one percent.",
            labels={
                "gelu": "GELU",
                "gelu_tanh": "GELU (tanh formula)",
                "relu": "ReLU",
                "relu_squared": "ReLU squared",
                "silu": "SiLU",
                "swiglu": "SwiGLU (gated)",
                "geglu": "GEGLU (gated)",
            },
        ),
    ] = "relu"


class Activation(Technique):
    name = "activation"
    card = "A10"
    label = "Activation function"
    summary = "Swaps the function that lets the model bend what it computes."
    promise = "Better accuracy, or less arithmetic, from the same number of parameters."
    risk = "Smoother functions cost more arithmetic; with ReLU, units can die: they answer zero for ever."
    sources = (
        "Hendrycks, Gimpel: Gaussian Error Linear Units (2016), arXiv:1606.08415",
        "Ramachandran, Zoph, Le: Searching for Activation Functions (2017), arXiv:1710.05941",
        "Shazeer: GLU Variants Improve Transformer (2020), arXiv:2002.05202",
        "So et al.: Primer (2021), arXiv:2109.08668 (squared ReLU)",
        "Lu et al.: Dying ReLU and Initialization (2019), arXiv:1903.06733",
    )
    Settings = ActivationSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, activation=self.settings.kind)
