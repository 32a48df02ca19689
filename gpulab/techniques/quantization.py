"""Quantization (A3): stores each weight of the finished model in fewer bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.needs import slow_on_cpu

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class QuantizationSettings(Settings, frozen=True):
    scheme: Annotated[
        Literal["int8_weight_only", "int8_dynamic"],
        about(
            "Scheme",
            "Weights in 8 bits and the arithmetic in 32, or both in 8 bits with scales found on the fly.",
            labels={"int8_weight_only": "Weights in 8 bits", "int8_dynamic": "Weights and arithmetic in 8 bits"},
        ),
    ] = "int8_weight_only"


class Quantization(Technique):
    name = "quantization"
    card = "A3"
    label = "Quantization"
    summary = "Stores each weight of the finished model in 8 bits instead of 32."
    promise = "About a quarter of the bytes, on disk and in memory."
    risk = "Rounding loses precision; without kernels made for it the smaller model can even be slower."
    sources = (
        "Jacob et al.: Quantization and Training of Neural Networks (2017), arXiv:1712.05877",
        "Dettmers et al.: LLM.int8() (2022), arXiv:2208.07339",
    )
    Settings = QuantizationSettings
    cautions = {
        "scheme": {
            "int8_weight_only": slow_on_cpu("int8_slow_uncompiled"),
            "int8_dynamic": slow_on_cpu("int8_slow_uncompiled"),
        }
    }

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        from torchao.quantization import Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig, quantize_

        config = (
            Int8WeightOnlyConfig()
            if self.settings.scheme == "int8_weight_only"
            else Int8DynamicActivationInt8WeightConfig()
        )
        quantize_(model, config)
        return model
