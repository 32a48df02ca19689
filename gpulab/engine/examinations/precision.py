"""What short numbers lose: one batch's guesses and gradients beside the same weights' in 32 bits.

Gradients are looked at as the training reads them, its loss scale taken off again. Where even the weights are short, it
is asked too how many of them the optimizer's next step is too small to move.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.model import next_token_loss
from gpulab.techniques.float8 import multiply_in_float8
from gpulab.techniques.precision import Precision

_WINDOWS = 2


class _Pass(NamedTuple):
    """One forward and backward pass: logits (windows, time, vocabulary), loss, gradients; all in 32 bits."""

    logits: torch.Tensor
    loss: float
    gradients: list[torch.Tensor]


def _examine(subject: Subject) -> Found | None:
    """Shares are of all gradients' numbers (0 to 1); what is noise is a root mean square beside the signal's."""
    precision = next((each for each in subject.pipeline.techniques if isinstance(each, Precision)), None)
    if precision is None or precision.settings.mode == "fp32" or subject.variant != "trained":
        return None
    with _no_tf32():
        exact = _pass(subject, _long(subject.model), _no_autocast(subject), 1.0)
    model, scale = _as_trained(subject.model, precision.settings.mode), precision.loss_scale
    short = _pass(subject, model, subject.context(), scale)
    values = {
        **_losses_of_gradients(exact.gradients, short.gradients),
        "logit_noise": _noise(_centred(exact.logits), _centred(short.logits)),
        "loss_change": short.loss / exact.loss - 1.0,
    }
    if scale != 1.0:
        values["loss_scale"] = scale
        if subject.final:
            unscaled = _pass(subject, model, subject.context(), 1.0).gradients
            values["flushed_unscaled"] = _losses_of_gradients(exact.gradients, unscaled)["flushed"]
    if precision.settings.mode == "bf16_pure" and (unmoved := _unmoved(subject)) is not None:
        values["unmoved"] = unmoved
    return Found(values)


def _long(model: nn.Module) -> nn.Module:
    """The same weights in 32 bits: the model itself where it has them so."""
    has_short = any(each.dtype != torch.float32 for each in model.parameters())
    return copy.deepcopy(model).float() if has_short else model


def _as_trained(model: nn.Module, mode: str) -> nn.Module:
    """The model as the training computes with it; what is looked at has plain layers in the place of float8's."""
    if not mode.startswith("float8"):
        return model
    double = copy.deepcopy(model)
    multiply_in_float8(double, emulate=mode == "float8_simulated")
    return double


@contextmanager
def _no_tf32() -> Iterator[None]:
    """Inside, products of 32 bits are computed in 32 bits, on a GPU that would round them too."""
    matmul = torch.backends.cuda.matmul
    was, matmul.fp32_precision = matmul.fp32_precision, "ieee"
    try:
        yield
    finally:
        matmul.fp32_precision = was


@contextmanager
def _no_autocast(subject: Subject) -> Iterator[None]:
    """What the run's forward passes happen in, without its short numbers."""
    with subject.context(), torch.autocast(subject.device.type, enabled=False):
        yield


def _pass(subject: Subject, model: nn.Module, context: AbstractContextManager[object], scale: float) -> _Pass:
    """In evaluation mode: no chance may differ between two passes."""
    subject.check()
    inputs, targets = (part[:_WINDOWS] for part in subject.held_out)
    for module in model.eval().modules():
        if isinstance(module, nn.LSTM):
            module.train()  # the only mode in which cuDNN's has a backward pass; it knows no chance
    with torch.enable_grad():
        with context:
            logits = model(inputs)
            loss = next_token_loss(logits, targets)
        learning = [each for each in model.parameters() if each.requires_grad]
        gradients = torch.autograd.grad(loss * scale, learning, materialize_grads=True, allow_unused=True)
    return _Pass(logits.detach().float(), loss.item(), [each.float() / scale for each in gradients])


def _losses_of_gradients(exact: Sequence[torch.Tensor], short: Sequence[torch.Tensor]) -> dict[str, float]:
    whole, kept = (torch.cat([each.flatten() for each in gradients]) for gradients in (exact, short))
    there, finite = whole != 0.0, kept.isfinite()
    return {
        "flushed": float((there & (kept == 0.0)).sum() / there.sum().clamp(min=1)),
        "not_finite": float((whole.isfinite() & ~finite).float().mean()),
        "gradient_noise": _noise(whole[finite], kept[finite]),
    }


def _noise(exact: torch.Tensor, short: torch.Tensor) -> float:
    signal = float(exact.square().mean().sqrt())
    return float((short - exact).square().mean().sqrt()) / signal if signal > 0.0 else 0.0


def _centred(logits: torch.Tensor) -> torch.Tensor:
    """Without what is common to all tokens, which changes no guess."""
    return logits - logits.mean(dim=-1, keepdim=True)


def _unmoved(subject: Subject) -> float | None:
    """The share of the weights that Adam's next step, smaller than half of their last digit, leaves as they are.

    Its running averages stand for the next gradient. None for optimizers that keep no such averages.
    """
    still = count = 0
    for group in subject.state.optimizer.param_groups:
        for weight in group["params"]:
            kept: dict[str, Any] = subject.state.optimizer.state.get(weight, {})
            if "exp_avg" not in kept or "exp_avg_sq" not in kept:
                continue
            step = group["lr"] * kept["exp_avg"].float() / (kept["exp_avg_sq"].float().sqrt() + group["eps"])
            still += int((weight - step.to(weight.dtype) == weight).sum())
            count += weight.numel()
    return still / count if count else None


PRECISION = Examination("precision", "what short numbers lose", "sometimes", _examine)
