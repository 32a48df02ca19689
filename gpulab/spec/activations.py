"""The tensors that autograd keeps between forward and backward, counted before anything runs.

All figures of one layer are bytes for one position. Kernels differ: a processor computes attention in 32 bits whatever
the rest does (the precision technique sees to that), keeps noise in the numbers' own width for dropout, and has no
fused attention with dropout; a GPU keeps 16 bits, one byte for noise, and no scores. The sum that passes through the
blocks has the width of the weights, and the softmax at the end is in 32 bits everywhere.
"""

from __future__ import annotations

from math import prod

from gpulab.spec.comparators import KERNEL, comparator_widths
from gpulab.spec.parameters import block_shapes
from gpulab.spec.plan import Plan


def activations_bytes(plan: Plan, on_gpu: bool = False) -> int:
    """Bytes that are kept for one micro-batch at the worst moment.

    That is the end of the forward pass, or the moment when a block is worked out again for its gradient: by then what
    comes after it is free.
    """
    positions = plan.batch_size * plan.context_length
    stream = plan.weight_bytes * plan.n_embd
    kept = positions * _noise(plan.weight_bytes, on_gpu) * plan.n_embd if plan.dropout else 0
    again, rounded = 0, set[int]()
    for layer in range(plan.n_layer):
        block = layer // plan.shared_layers
        inside = positions * _layer(plan, block, on_gpu)
        weights = 0 if block in rounded else _rounded(plan, block)
        if plan.recomputes(layer):
            kept += positions * stream
            again = max(again, kept + inside + weights)
        else:
            kept += inside + weights
            rounded.add(block)
    return max(again, kept + positions * _head(plan) + _rounded_head(plan))


def _layer(plan: Plan, block: int, on_gpu: bool) -> int:
    number = plan.activation_bytes
    if plan.architecture != "gpt":
        kept = _norm(plan) * plan.n_embd + _comparator(plan, comparator_widths(plan)[block], on_gpu)
        return kept + (_noise(number, on_gpu) * plan.n_embd if plan.dropout else 0)
    kept = 2 * _norm(plan) * plan.n_embd + _attention(plan, block, on_gpu) + _mlp(plan, block)
    return kept + (2 * _noise(number, on_gpu) * plan.n_embd if plan.dropout else 0)


def _norm(plan: Plan) -> int:
    """Bytes for each channel: the input (RMSNorm keeps it scaled, too) and the output as the next product takes it."""
    kept = {"layernorm": plan.weight_bytes, "rmsnorm": 8, "batchnorm": plan.weight_bytes, "none": 0}
    return kept[plan.normalization] + plan.activation_bytes


def _attention(plan: Plan, block: int, on_gpu: bool) -> int:
    """Queries, keys, values, the mixture of values and, where they are not fused away, the scores of all positions."""
    number, heads = plan.activation_bytes, plan.heads(block)
    own = number if on_gpu else 4
    queries, keys = (count * plan.head_width for count in (heads, plan.kv_heads(block)))
    scores = plan.context_length * heads
    # Without a fused kernel: on a processor dropout, on a GPU grouped queries in 32 bits.
    fusible = number < 4 or queries == keys if on_gpu else not plan.dropout
    if plan.attention == "fused" and fusible:
        rounded = queries * number if own != number else 0
        return own * (2 * queries + 2 * keys) + rounded + 4 * heads
    scores *= 4 + (own if own < 4 else 0) + (_noise(own, on_gpu) + own if plan.dropout else 0)
    return own * 3 * queries + number * queries + scores


def _mlp(plan: Plan, block: int) -> int:
    """The hidden layer before and after its activation; ReLU needs its result alone; a gate keeps two more."""
    hidden = plan.activation_bytes * plan.hidden(block)
    if plan.gated:
        twice = plan.activation_bytes < plan.weight_bytes  # each of the two products rounds their input for itself
        return 4 * hidden + (plan.activation_bytes * plan.n_embd if twice else 0)
    return hidden if plan.activation == "relu" else 2 * hidden


def _comparator(plan: Plan, hidden: int, on_gpu: bool) -> int:
    """What the CNN keeps for its gate, or the LSTM's kernel for each step it took; beside the input, which is counted.

    oneDNN's figures are measured: 15 numbers for each of the hidden ones, a little less than 11 of 32 bits where it
    computes in 16. cuDNN keeps gates, memory and output.
    """
    number = plan.activation_bytes
    if plan.architecture == "cnn":
        return number * ((KERNEL - 1) * plan.n_embd + 3 * hidden)
    if on_gpu:
        return number * 7 * hidden
    return (60 if number == 4 else 43) * -(-hidden // 16) * 16 + number * hidden


def _head(plan: Plan) -> int:
    """The head's input before and after normalization, and a probability for each token of the vocabulary."""
    norm = _norm(plan) if plan.norm_placement == "pre" else plan.activation_bytes
    return norm * plan.n_embd + 4 * plan.vocab_size


def _noise(number: int, on_gpu: bool) -> int:
    return 1 if on_gpu else number


def _rounded(plan: Plan, block: int) -> int:
    """Autocast's copies of a block's matrices in fewer bits."""
    matrices = [prod(shape) for shape in block_shapes(plan, block).values() if len(shape) == 2]
    return plan.activation_bytes * sum(matrices) if plan.activation_bytes < plan.weight_bytes else 0


def _rounded_head(plan: Plan) -> int:
    short = plan.activation_bytes < plan.weight_bytes
    return plan.activation_bytes * plan.vocab_size * plan.n_embd if short else 0
