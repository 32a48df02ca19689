"""An experiment kept as text between two starts of the window.

It is read twice: the first paint shows it without its techniques, because knowing all techniques takes time.
"""

from __future__ import annotations

from collections.abc import Mapping

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.files import bare_from_text, from_text
from gpulab.spec.problem import BadInput


def read_back(text: str, otherwise: Experiment) -> tuple[Experiment, bool]:
    """The experiment in `text` without its techniques, and whether it has any; `otherwise` where it can't be read."""
    try:
        return bare_from_text(text) if text else (otherwise, False)
    except BadInput:
        return otherwise, False


def techniques_in(text: str) -> Mapping[str, Settings]:
    """The techniques of the experiment in `text`; none where they can no longer be read."""
    from gpulab.techniques import REGISTRY

    try:
        return from_text(text, REGISTRY).techniques if text else {}
    except BadInput:
        return {}
