"""The shapes that an experiment leads to, for the rules of single techniques: what all of them together make of it."""

from __future__ import annotations

from gpulab.spec.experiment import Experiment
from gpulab.spec.plan import Plan


def shapes(experiment: Experiment, vocab_size: int = 1) -> Plan:
    """The plan of `experiment`; without a vocabulary, everything in it but what depends on one."""
    from gpulab.techniques import plan_of  # which lists whoever asks here

    return plan_of(experiment, vocab_size)
