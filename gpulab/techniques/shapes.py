"""The shapes that an experiment leads to, for the rules of single techniques: what all of them together make of it."""

from __future__ import annotations

from gpulab.spec.experiment import Experiment
from gpulab.spec.parameters import block_shapes
from gpulab.spec.plan import Plan


def shapes(experiment: Experiment, vocab_size: int = 1) -> Plan:
    """The plan of `experiment`; without a vocabulary, everything in it but what depends on one."""
    from gpulab.techniques import plan_of  # which lists whoever asks here

    return plan_of(experiment, vocab_size)


def odd_width(plan: Plan, multiple: int, inside: str = "") -> int | None:
    """The width of a linear layer in the blocks that is no multiple of `multiple`; None where all are.

    `inside` names the part of the blocks that is asked about (`mlp`, `attention`); empty is all of it.
    """
    every = (item for block in range(plan.n_block) for item in block_shapes(plan, block).items())
    linear = (shape for name, shape in every if len(shape) == 2 and name.startswith(inside))
    return next((width for shape in linear for width in shape if width % multiple), None)
