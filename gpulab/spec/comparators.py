"""Models that stand in a GPT's place, to see what attention is worth: an LSTM and a causal CNN of the same size.

Everything around the blocks is the GPT's: embedding, sum, normalization, head; only learned positions are left out,
because both know the order of what they read. What the GPT's blocks and positions have in parameters goes into theirs:
that decides how wide they are inside. Widths may differ by one step between blocks, so that small models fit too.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from math import prod

import msgspec

from gpulab.spec.block_shapes import Shape, gpt_block, linear, norm
from gpulab.spec.plan import Plan

KERNEL = 3
"""How many positions each layer of the CNN takes together."""


def comparator_block(plan: Plan, hidden: int) -> dict[str, Shape]:
    """The shapes of one block of the plan's comparator that is `hidden` wide inside, by parameter name."""
    if plan.architecture == "lstm":
        gates = 4 * hidden  # input, forget, cell, output; each with the two biases that cuDNN asks for
        mixing: dict[str, Shape] = {
            "lstm.weight_ih_l0": (gates, plan.n_embd),
            "lstm.weight_hh_l0": (gates, hidden),
            "lstm.bias_ih_l0": (gates,),
            "lstm.bias_hh_l0": (gates,),
        }
    else:
        mixing = linear("taps", (2 * hidden, KERNEL * plan.n_embd), plan.bias)
    return norm(plan, "mixing_norm") | mixing | linear("projection", (plan.n_embd, hidden), plan.bias)


@lru_cache(maxsize=64)
def comparator_widths(plan: Plan) -> tuple[int, ...]:
    """How wide each block of the plan's comparator is inside, for as many parameters as its GPT would have.

    Wide models take multiples of 16, which GPUs like. Blocks that come earlier are wider by one step where that fits
    better.
    """
    if plan.n_block == 0:  # layers that cannot be shared so, which is refused elsewhere
        return ()
    gpt = msgspec.structs.replace(plan, architecture="gpt")
    blocks = range(plan.n_block)
    wanted = plan.context_length * plan.n_embd + sum(_numbers(gpt_block(gpt, block)) for block in blocks)
    unit = 16 if plan.n_embd >= 384 else 1

    def all_of(units: int) -> int:
        return plan.n_block * _numbers(comparator_block(plan, unit * units))

    least = max(1, bisect_right(range(wanted // plan.n_embd + 1), wanted, key=all_of) - 1)
    step = (all_of(least + 1) - all_of(least)) // plan.n_block
    wider = round((wanted - all_of(least)) / step)
    return tuple(unit * (least + (block < wider)) for block in blocks)


def dilation(plan: Plan, block: int) -> int:
    """How many positions lie between two that a layer of the CNN takes together.

    Three times as many in each block as in the one before, so that together they miss none; from the beginning again
    where that would reach beyond the context (van den Oord et al., WaveNet, 2016, arXiv:1609.03499).
    """
    distances = [1]
    while distances[-1] * KERNEL < plan.context_length:
        distances.append(distances[-1] * KERNEL)
    return distances[block % len(distances)]


def _numbers(shapes: dict[str, Shape]) -> int:
    return sum(map(prod, shapes.values()))
