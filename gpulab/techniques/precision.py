"""Precision (A8): how many bits a number has while the model computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gpulab.events.documents import SeriesDeclared
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.float8 import MULTIPLE, multiply_in_float8, plain_layers
from gpulab.techniques.needs import compute_capability, slow_on_cpu

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

_HALF = ("bf16", "fp16")
_FLOAT8 = ("float8", "float8_simulated")
_SHORT_ACTIVATIONS = (*_HALF, "bf16_pure", *_FLOAT8)


class PrecisionSettings(Settings, frozen=True):
    mode: Annotated[
        Literal["fp32", "tf32", "bf16", "fp16", "bf16_pure", "float8", "float8_simulated"],
        about(
            "Numbers",
            "fp32 is the reference. bf16 halves the bits and keeps the range; fp16 keeps more digits but overflows; "
            "tf32 is a faster fp32 on newer GPUs. Pure bf16 keeps even weights, gradients and the optimizer's memory "
            "short. float8 multiplies in 8 bits while it trains and pays for wide models, best compiled.",
            labels={
                "fp32": "32 bits (fp32)",
                "tf32": "TF32",
                "bf16": "16 bits (bf16)",
                "fp16": "16 bits (fp16, scaled)",
                "bf16_pure": "16 bits throughout (pure bf16)",
                "float8": "8 bits (float8)",
                "float8_simulated": "8 bits, simulated (float8)",
            },
        ),
    ] = "bf16"


class Precision(Technique):
    name = "precision"
    card = "A8"
    label = "Precision"
    summary = "Computes with shorter numbers. The weights themselves stay in 32 bits, but for pure bf16."
    promise = "Faster training in less memory."
    risk = "Fewer digits: accuracy can suffer, in fp16 numbers can overflow, in pure bf16 small steps are lost."
    sources = (
        "Micikevicius et al.: Mixed Precision Training (2017), arXiv:1710.03740",
        "Kalamkar et al.: A Study of BFLOAT16 (2019), arXiv:1905.12322",
        "Micikevicius et al.: FP8 Formats for Deep Learning (2022), arXiv:2209.05433",
    )
    Settings = PrecisionSettings
    needs = {"mode": {"tf32": compute_capability(8, 0), "float8": compute_capability(8, 9)}}
    cautions = {
        "mode": {
            "bf16": slow_on_cpu("bf16_slow_here", needed_flag="amx_bf16"),
            "fp16": slow_on_cpu("fp16_slow_on_cpu"),
            "bf16_pure": slow_on_cpu("bf16_slow_here", needed_flag="amx_bf16"),
            "float8_simulated": lambda machine, device: Problem("float8_training_simulated"),
        }
    }

    def __init__(self, settings: PrecisionSettings) -> None:
        super().__init__(settings)
        self._scaler: torch.amp.GradScaler | None = None

    @classmethod
    def rules(cls, settings: PrecisionSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.mode not in _FLOAT8:
            return
        if experiment.model.n_embd % MULTIPLE:
            arguments = {"width": experiment.model.n_embd, "multiple": MULTIPLE}
            yield Problem("float8_width", "techniques.precision.mode", arguments)
        if getattr(experiment.techniques.get("quantization"), "aware", False):
            yield Problem("float8_rounds_already", "techniques.precision.mode")

    @property
    def loss_scale(self) -> float:
        """What the loss is multiplied by before its gradients are taken; 1 where nothing is scaled."""
        return self._scaler.get_scale() if self._scaler else 1.0

    def series(self) -> tuple[SeriesDeclared, ...]:
        return (
            (SeriesDeclared(key="loss_scale", label="Loss scale", unit="", better="neither"),) if self._scaler else ()
        )

    def readings(self) -> Mapping[str, float]:
        return {"loss_scale": self.loss_scale} if self._scaler else {}

    def edit_plan(self, plan: Plan) -> Plan:
        if self.settings.mode in _SHORT_ACTIVATIONS:
            plan = msgspec.structs.replace(plan, activation_bytes=2)
        return msgspec.structs.replace(plan, weight_bytes=2) if self.settings.mode == "bf16_pure" else plan

    def edit_model(self, state: TrainingState) -> None:
        import torch

        if self.settings.mode == "tf32":
            torch.backends.cuda.matmul.fp32_precision = "tf32"
            torch.backends.cudnn.rnn.fp32_precision = "tf32"  # type: ignore[attr-defined]
        if self.settings.mode in _FLOAT8:
            left_out = multiply_in_float8(state.model, emulate=self.settings.mode == "float8_simulated")
            if left_out:
                state.notify("float8_left_out", layers=", ".join(left_out), multiple=MULTIPLE)
        if self.settings.mode == "bf16_pure":
            state.model.to(torch.bfloat16)
        if self.settings.mode in _SHORT_ACTIVATIONS and state.device.type == "cpu":
            # On a CPU the half-precision attention's backward alone takes half of the step.
            state.model.set_attention_in_fp32(True)
        if self.settings.mode == "fp16":
            self._scaler = torch.amp.GradScaler(state.device.type)

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        import torch

        if self.settings.mode == "bf16_pure":
            return nullcontext()
        short = torch.float16 if self.settings.mode == "fp16" else torch.bfloat16
        return torch.autocast(state.device.type, short, enabled=self.settings.mode in (*_HALF, *_FLOAT8))

    def evaluation_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """float8 is for training: looked at, compressed and saved is a model of plain layers."""
        return plain_layers(state.model) if self.settings.mode in _FLOAT8 else nullcontext()

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
