"""Everything that can be known to be wrong before a run starts, asked in one place away from the window."""

from __future__ import annotations

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem
from gpulab.techniques import chosen, fit


def problems_before(experiment: Experiment, machine: Machine) -> tuple[Problem, ...]:
    """Why `experiment` cannot run here. Reads the text, which may take a second: never call it where a person waits."""
    from gpulab.text.experiment_text import text_of  # brings numpy, which the first paint must not wait for

    try:
        fit(experiment, machine)
        text_of(experiment, chosen(experiment))
    except BadInput as refusal:
        return refusal.problems
    return ()
