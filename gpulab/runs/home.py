"""Every front end must agree on where runs live."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "GPULAB_HOME"


def home() -> Path:
    """The folder of everything GPU Lab keeps for this person; `GPULAB_HOME` puts it elsewhere."""
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().resolve()
    import platformdirs

    return Path(platformdirs.user_data_dir("gpulab", appauthor=False))


def runs_root() -> Path:
    """The folder that holds one folder for each run."""
    return home() / "runs"
