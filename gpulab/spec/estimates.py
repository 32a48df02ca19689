"""What a plan will need, worked out before anything runs: parameters, arithmetic, memory.

Parameters are exact. The arithmetic is the usual 6 N + 12 L T C per trained token (Kaplan et al., 2020, with attention
counted in full). The memory counts weights, gradients, optimizer state and the tensors that autograd keeps between
forward and backward; the process needs more besides, which is shown as resident memory once it runs.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.spec.plan import Plan

_STATE_PER_PARAMETER = {"adamw": 2, "adam": 2, "sgd": 1}


class Estimate(msgspec.Struct, frozen=True):
    """What a training will need: counts, floating-point operations for each trained token, bytes at the peak."""

    parameters: int
    flops_per_token: int
    weights_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    activations_bytes: int

    @property
    def peak_bytes(self) -> int:
        return self.weights_bytes + self.gradients_bytes + self.optimizer_bytes + self.activations_bytes


def estimate(plan: Plan, optimizer: Literal["adamw", "adam", "sgd"]) -> Estimate:
    """The estimate for `plan` trained by `optimizer` in 32-bit master weights."""
    parameters = count_parameters(plan)
    return Estimate(
        parameters=parameters,
        flops_per_token=flops_per_token(plan),
        weights_bytes=4 * parameters,
        gradients_bytes=4 * parameters,
        optimizer_bytes=4 * parameters * _STATE_PER_PARAMETER[optimizer],
        activations_bytes=activations_bytes(plan),
    )


def count_parameters(plan: Plan) -> int:
    """Trainable numbers, a tied embedding counted once."""
    width, bias = plan.n_embd, int(plan.bias)
    attention = 4 * width * width + bias * 4 * width
    mlp = 8 * width * width + bias * 5 * width
    block = attention + mlp + 2 * _norm_parameters(plan)
    embeddings = (plan.vocab_size + plan.context_length) * width
    return embeddings + plan.n_layer * block + _norm_parameters(plan)


def _norm_parameters(plan: Plan) -> int:
    match plan.normalization:
        case "layernorm":
            return plan.n_embd * (1 + plan.bias)
        case "rmsnorm":
            return plan.n_embd
        case "batchnorm":
            return plan.n_embd * 2
        case "none":
            return 0


def flops_per_token(plan: Plan) -> int:
    """Floating-point operations to train on one token: forward and backward (twice the forward)."""
    matmul_parameters = count_parameters(plan) - plan.context_length * plan.n_embd
    return 6 * matmul_parameters + 12 * plan.n_layer * plan.context_length * plan.n_embd


def activations_bytes(plan: Plan) -> int:
    """Bytes that autograd keeps for one micro-batch between forward and backward.

    A block keeps, in units of batch x time x channels: both normalizations' inputs and outputs (4; RMSNorm keeps its
    scaled input besides), q, k and v (3), the attention's output (1), the MLP's hidden layer before and after its
    activation (8). The head keeps its input
    twice and one probability for each token of the vocabulary, always in 32 bits.
    """
    positions = plan.batch_size * plan.context_length
    norms = {"layernorm": 4, "rmsnorm": 6, "batchnorm": 4, "none": 2}[plan.normalization]
    block = positions * plan.n_embd * (norms * 4 + 12 * plan.activation_bytes)
    head = positions * (2 * plan.n_embd * 4 + plan.vocab_size * 4)
    return plan.n_layer * block + head
