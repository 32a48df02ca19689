"""What the form said when the window was closed greets the person again, saved to a file or not."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from gpulab.spec.experiment import Experiment
from gpulab.spec.files import as_text
from gpulab.viewmodels.last_experiment import read_back

_LAST = "form/experiment"


def remember(experiment: Experiment) -> None:
    """For the next start."""
    QSettings().setValue(_LAST, as_text(experiment))


def recalled(otherwise: Experiment) -> Experiment:
    """The last experiment; `otherwise` where there is none that can still be read."""
    return read_back(str(QSettings().value(_LAST, "", type=str)), otherwise)
