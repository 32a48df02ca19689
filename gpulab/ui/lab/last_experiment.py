"""What the form said when the window was closed greets the person again, saved to a file or not."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSettings

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.files import as_json
from gpulab.viewmodels.last_experiment import read_back, techniques_in

_LAST = "form/experiment"


def remember(experiment: Experiment) -> None:
    """For the next start."""
    QSettings().setValue(_LAST, as_json(experiment))


def recalled(otherwise: Experiment) -> tuple[Experiment, bool]:
    """The last experiment without its techniques, and whether it has any; `otherwise` where it can't be read."""
    return read_back(_kept(), otherwise)


def recalled_techniques() -> Mapping[str, Settings]:
    """The last experiment's techniques."""
    return techniques_in(_kept())


def _kept() -> str:
    return str(QSettings().value(_LAST, "", type=str))
