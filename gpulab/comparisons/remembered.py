"""What was read of a comparison's runs is kept, so that a long one is not read again whenever it is opened.

The file may be thrown away at any time: what it lacks, or what has changed since, is read from the runs themselves.
"""

from __future__ import annotations

from pathlib import Path

from gpulab.runs import index
from gpulab.runs.reading import Reading


def readings(folder: Path) -> dict[str, Reading]:
    """What was kept, by the runs' names in the comparison's record; nothing where the file is not whole."""
    return {run: line.reading for run, line in index.load(folder).items()}


def keep(folder: Path, readings: dict[str, Reading]) -> None:
    """Keeps `readings`; a folder that can only be read goes without."""
    index.save(folder, {run: index.Line(reading=reading) for run, reading in readings.items()})
