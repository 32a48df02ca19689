"""An experiment kept as text between two starts of the window."""

from __future__ import annotations

from gpulab.spec.experiment import Experiment
from gpulab.spec.files import from_text
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY


def read_back(text: str, otherwise: Experiment) -> Experiment:
    """The experiment in `text`; `otherwise` where there is none that can still be read."""
    try:
        return from_text(text, REGISTRY) if text else otherwise
    except BadInput:
        return otherwise
