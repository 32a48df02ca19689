"""Precision (A8): how many bits a number has while the model computes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.needs import compute_capability, slow_on_cpu

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

_HALF = ("bf16", "fp16")


class PrecisionSettings(Settings, frozen=True):
    mode: Annotated[
        Literal["fp32", "tf32", "bf16", "fp16"],
        about(
            "Numbers",
            "fp32 is the reference. bf16 halves the bits and keeps the range; fp16 keeps more digits but overflows; "
            "tf32 is a faster fp32 on newer GPUs.",
            labels={
                "fp32": "32 bits (fp32)",
                "tf32": "TF32",
                "bf16": "16 bits (bf16)",
                "fp16": "16 bits (fp16, scaled)",
            },
        ),
    ] = "bf16"


class Precision(Technique):
    name = "precision"
    card = "A8"
    label = "Precision"
    summary = "Computes with shorter numbers. The weights themselves stay in 32 bits."
    promise = "Faster training in less memory."
    risk = "Fewer digits: accuracy can suffer, and in fp16 numbers can overflow."
    sources = (
        "Micikevicius et al.: Mixed Precision Training (2017), arXiv:1710.03740",
        "Kalamkar et al.: A Study of BFLOAT16 (2019), arXiv:1905.12322",
    )
    Settings = PrecisionSettings
    needs = {"mode": {"tf32": compute_capability(8, 0)}}
    cautions = {
        "mode": {
            "bf16": slow_on_cpu("bf16_slow_here", needed_flag="amx_bf16"),
            "fp16": slow_on_cpu("fp16_slow_on_cpu"),
        }
    }

    def __init__(self, settings: PrecisionSettings) -> None:
        super().__init__(settings)
        self._scaler: torch.amp.GradScaler | None = None

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, activation_bytes=2) if self.settings.mode in _HALF else plan

    def edit_model(self, state: TrainingState) -> None:
        import torch

        if self.settings.mode == "tf32":
            torch.backends.cuda.matmul.fp32_precision = "tf32"
        if self.settings.mode in _HALF and state.device.type == "cpu":
            # On a CPU the half-precision attention's backward alone takes half of the step.
            state.model.set_attention_in_fp32(True)
        if self.settings.mode == "fp16":
            self._scaler = torch.amp.GradScaler(state.device.type)

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        import torch

        dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(self.settings.mode)
        return torch.autocast(state.device.type, dtype, enabled=dtype is not None)

    def edit_loss(
        self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> torch.Tensor:
        return self._scaler.scale(loss) if self._scaler else loss

    def after_backward(self, state: TrainingState) -> None:
        if self._scaler:
            self._scaler.unscale_(state.optimizer)

    def after_step(self, state: TrainingState) -> None:
        if self._scaler:
            self._scaler.update()

    def state_dict(self) -> dict[str, Any]:
        return self._scaler.state_dict() if self._scaler else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if self._scaler:
            self._scaler.load_state_dict(dict(state))
