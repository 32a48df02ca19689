"""What a plan will need, worked out before anything runs: parameters, arithmetic, memory.

Parameters are exact. The arithmetic is the usual 6 N + 12 L T C per trained token (Kaplan et al., 2020, with attention
counted in full), and 8 N + 16 L T C where a block is worked out twice; without attention the second term is not there.
The memory counts weights, gradients, optimizer state and the tensors that autograd keeps between forward and backward;
the process needs more besides, which is shown as resident memory once it runs.
"""

from __future__ import annotations

from math import prod

import msgspec

from gpulab.spec.activations import activations_bytes
from gpulab.spec.optimizer_states import optimizer_state_bytes
from gpulab.spec.parameters import block_shapes, parameter_shapes
from gpulab.spec.plan import Plan


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


def estimate(plan: Plan, optimizer: str, on_gpu: bool = False) -> Estimate:
    """The estimate for `plan` trained by `optimizer`, by its name in an experiment."""
    shapes, length = parameter_shapes(plan), plan.weight_bytes
    kept = sum(optimizer_state_bytes(optimizer, name, shape, length) for name, shape in shapes.items())
    parameters = sum(map(prod, shapes.values()))
    return Estimate(
        parameters=parameters,
        flops_per_token=flops_per_token(plan),
        weights_bytes=(length + 4 * plan.weight_copies) * parameters,
        gradients_bytes=length * parameters,
        optimizer_bytes=round(kept),
        activations_bytes=activations_bytes(plan, on_gpu),
    )


def count_parameters(plan: Plan) -> int:
    """Trainable numbers; a tied embedding and what layers share are counted once."""
    return sum(map(prod, parameter_shapes(plan).values()))


def flops_per_token(plan: Plan) -> int:
    """Floating-point operations to train on one token: forward, backward (twice the forward), recomputation.

    Every layer is counted, whether or not it shares its weights.
    """
    head = plan.vocab_size * plan.n_embd + plan.n_embd * _final_norms(plan)
    total = 6 * head
    for layer in range(plan.n_layer):
        block = layer // plan.shared_layers
        weights = sum(map(prod, block_shapes(plan, block).values()))
        looked_at = plan.context_length * plan.heads(block) * plan.head_width if plan.architecture == "gpt" else 0
        total += (8 if plan.recomputes(layer) else 6) * (weights + 2 * looked_at)
    return total


def _final_norms(plan: Plan) -> int:
    """How many numbers for each channel the last normalization has."""
    return sum(name.startswith("final_norm") for name in parameter_shapes(plan))
