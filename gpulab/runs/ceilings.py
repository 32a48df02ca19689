"""Keeps measured ceilings, a file for each place: they belong to the machine, not to a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from gpulab.events.documents import Trial
from gpulab.hardware.ceilings import Ceilings, Place, place_of
from gpulab.hardware.machine import Machine
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.home import home

COPY, TO_DEVICE, FROM_DEVICE = "copy", "to_device", "from_device"


def best_of(trials: Sequence[Trial], place: Place, now: float) -> Ceilings:
    """The ceilings that `trials` come to."""
    speeds, spread = dict[str, float](), dict[str, float]()
    for trial in trials:
        what, values = trial.names["what"], trial.values
        figure = values.get("flops_per_s") or values.get("bytes_per_s")
        if figure and figure > speeds.get(what, 0.0):
            speeds[what], spread[what] = figure, values["spread"] or 0.0
    products = {what: speed for what, speed in speeds.items() if what not in (COPY, TO_DEVICE, FROM_DEVICE)}
    return Ceilings(place, now, products, speeds[COPY], speeds.get(TO_DEVICE), speeds.get(FROM_DEVICE), spread)


def ceilings_root() -> Path:
    """The folder that holds one file for each place that was measured."""
    return home() / "ceilings"


def load_ceilings(machine: Machine, device: str, threads: int) -> Ceilings | None:
    """What was measured for `device` and `threads`, as an experiment says them; None where nothing was.

    A file that is damaged, or of another place, counts as not measured: measuring again mends it.
    """
    place = place_of(machine, device, threads)
    found = read_json(ceilings_root() / f"{place.key}.json", Ceilings)
    return found if found and found.place.key == place.key and found.usable else None


def save_ceilings(ceilings: Ceilings) -> Path:
    """Keeps `ceilings` in the place of earlier ones; returns their file. Raises BadInput `folder_not_writable`."""
    root = ceilings_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(root, error) from error
    path = root / f"{ceilings.place.key}.json"
    write_whole(path, msgspec.json.format(msgspec.json.encode(ceilings)))
    return path
