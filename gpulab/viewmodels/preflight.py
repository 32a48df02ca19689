"""Everything that can be known to be wrong before a run starts, asked in one place away from the window."""

from __future__ import annotations

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem
from gpulab.techniques import fit
from gpulab.text.prepared import check_length, prepare


def problems_before(experiment: Experiment, machine: Machine) -> tuple[Problem, ...]:
    """Why `experiment` cannot run here. Reads the text, which may take a second: never call it where a person waits."""
    try:
        fit(experiment, machine)
        data = experiment.data
        text = prepare(data.corpus, data.path, data.tokenizer, data.validation_share, data.test_share)
        check_length(text, experiment.model.context_length)
    except BadInput as refusal:
        return refusal.problems
    return ()
