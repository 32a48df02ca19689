"""What safety costs: a finished run's checkpoint written and read in a safe and an unsafe format, checked and locked.

Every way has its turn in every round, beginning with another one each time, so that whatever else the machine does
meets all of them. Files are read right after they were written, from what the system still has of them in memory: the
disk's own slowness, which would hide what safety costs, is left out of reading. The same file is then attacked.
"""

from __future__ import annotations

import hashlib
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from gpulab.analysis.guarding import (
    GUARDS,
    WAYS,
    Attack,
    Cost,
    Guarded,
    Way,
    brief,
    costs,
    got_through,
    guarded,
    reading_ratio,
)
from gpulab.analysis.intervals import Interval
from gpulab.analysis.numerals import duration, places, si
from gpulab.comparisons.sealing import HEADER_BYTES, Sealing, Unlocked
from gpulab.engine import unsafe_pickle
from gpulab.engine.checkpoint import FOLDER
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.model_file import write_tensors
from gpulab.events.documents import ArtifactSaved, Suggestion, Trial
from gpulab.events.log import read_all
from gpulab.runs.folder import existing
from gpulab.runs.models import model_path
from gpulab.runs.reading import digest_of
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Guard
from gpulab.spec.problem import Argument, BadInput, detail_of, refuse

_PASSPHRASE = "made for this test alone"
_PIECE = 1 << 20
_COPIES = 4  # as many files lie beside each other, and room to spare

Turn = Callable[[], dict[Way, tuple[float, float]]]
"""Seconds to write and to read, for each way that this turn is about."""


def planned(settings: Guard) -> int:
    """What is looked at, every way in every round, the attacks, and each way's middle."""
    return 1 + len(WAYS) * settings.rounds + 5 + len(WAYS)


def measure(place: Workplace, settings: Guard) -> None:
    """Notes what is looked at, the rounds, the attacks, and what each way costs in the middle."""
    _check_library()
    run_dir = existing(Path(settings.run))
    source = _newest(run_dir)
    tensors, size = _read(source), source.stat().st_size
    if shutil.disk_usage(place.folder).free < _COPIES * size:
        raise refuse("disk_too_full", "run", bytes=_COPIES * size, path=str(place.folder))
    place.note(_facts(run_dir, size), {"what": "run", "file": source.name})
    try:
        with tempfile.TemporaryDirectory(prefix="guard-", dir=place.folder) as folder:  # nobody else may write there
            bench = _Bench(Path(folder), tensors)
            for number in range(settings.rounds):
                _round(place, bench, number)
            for attack, succeeded in bench.attacks():
                place.note({"got_through": float(succeeded)}, {"what": "attack", "attack": attack})
    except OSError as error:
        raise refuse("guard_disk", "run", path=str(place.folder), detail=detail_of(error)) from error
    for cost in costs(place.trials):
        place.note(_middle(cost), {"what": "cost", "way": cost.way})


def _check_library() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise refuse("needs_library", library="cryptography") from error


def _newest(run_dir: Path) -> Path:
    """The tensors of the newest checkpoint, or the finished model where checkpoints did not travel along."""
    found = sorted((run_dir / FOLDER).glob("step-*/tensors.safetensors"), reverse=True)
    path = found[0] if found else model_path(run_dir, "final")
    if not path.is_file():
        raise refuse("guard_nothing", "run", path=str(run_dir))
    return path


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise refuse("checkpoint_damaged", "run", path=str(path), detail=detail) from error


def _facts(run_dir: Path, size: int) -> dict[str, float]:
    saved = [one for one in read_all(run_dir) if isinstance(one, ArtifactSaved) and one.kind == "checkpoint"]
    trained = digest_of(run_dir).summary.get("train_seconds")
    train_seconds = float(trained) if isinstance(trained, int | float) else math.nan
    return {"bytes": float(size), "saves": float(max(1, len(saved))), "train_seconds": train_seconds}


def _round(place: Workplace, bench: _Bench, number: int) -> None:
    turns = bench.turns
    first = number % len(turns)
    for turn in turns[first:] + turns[:first]:
        place.check()
        for way, (write_s, read_s) in turn().items():
            place.note({"write_s": write_s, "read_s": read_s}, {"what": "round", "way": way})


def _middle(cost: Cost) -> dict[str, float]:
    values = {"write_s": cost.write.value, "read_s": cost.read.value}
    return values | ({"training_share": cost.run.value} if cost.run else {})


class _Bench:
    """The tensors of one checkpoint, and the files that are made of them in `folder`."""

    def __init__(self, folder: Path, tensors: Mapping[str, torch.Tensor]) -> None:
        self._folder, self._tensors = folder, tensors
        self._plain, self._pickle, self._locked = (folder / name for name in ("plain", "pickle", "locked"))
        write_tensors(tensors, self._plain)
        self._checksum = _checksum(self._plain)
        self.turns: tuple[Turn, ...] = (self._safetensors, self._pickled, self._checked, self._sealed)

    def _safetensors(self) -> dict[Way, tuple[float, float]]:
        began = time.perf_counter()
        write_tensors(self._tensors, self._plain)
        wrote = time.perf_counter()
        unsafe_pickle.read_through(load_file(self._plain))
        return {"safetensors": (wrote - began, time.perf_counter() - wrote)}

    def _pickled(self) -> dict[Way, tuple[float, float]]:
        write_s, safely_s, unsafely_s = unsafe_pickle.timed(self._tensors, self._pickle)
        return {"weights_only": (write_s, safely_s), "pickle": (write_s, unsafely_s)}

    def _checked(self) -> dict[Way, tuple[float, float]]:
        """Made once when the file is written, and once more when it is read."""
        times = []
        for _ in range(2):
            began = time.perf_counter()
            _checksum(self._plain)
            times.append(time.perf_counter() - began)
        return {"checksum": (times[0], times[1])}

    def _sealed(self) -> dict[Way, tuple[float, float]]:
        """As bundles are locked; the key is counted apart, because it costs the same for a file of any size."""
        with self._plain.open("rb") as plain, self._locked.open("wb") as locked:
            sealing = Sealing(locked, _PASSPHRASE)
            while piece := plain.read(_PIECE):
                sealing.write(piece)
            sealing.close()
        opened = _unlock(self._locked)
        made = sealing.cost
        return {"encryption": (made.seal_s, opened.cost.seal_s), "passphrase": (made.key_s, opened.cost.key_s)}

    def attacks(self) -> list[tuple[Attack, bool]]:
        """Whether each got through: code inside a pickle, and one bit of a file that was turned round."""
        found: list[tuple[Attack, bool]] = [
            ("code_unsafe", unsafe_pickle.springs(self._folder, safely=False)),
            ("code_safe", unsafe_pickle.springs(self._folder, safely=True)),
        ]
        _turn_a_bit(self._plain, self._plain.stat().st_size - 1)
        _turn_a_bit(self._locked, HEADER_BYTES + (self._locked.stat().st_size - HEADER_BYTES) // 2)
        found.append(("altered_plain", _opens(self._plain, load_file)))
        found.append(("altered_checksum", _checksum(self._plain) == self._checksum))
        found.append(("altered_encryption", _opens(self._locked, _unlock)))
        return found


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unlock(path: Path) -> Unlocked:
    """Opens every chunk of the locked file, and forgets it. Raises BadInput where one was altered."""
    with path.open("rb") as file:
        opened = Unlocked(file, _PASSPHRASE, str(path))
        room = bytearray(_PIECE)
        while opened.readinto(room):
            pass
        return opened


def _turn_a_bit(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def _opens(path: Path, opened: Callable[[Path], object]) -> bool:
    try:
        opened(path)
    except (BadInput, SafetensorError):
        return False
    return True


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Guard) -> list[Suggestion]:
    """What a safe format and each guard cost, and what each of them stopped."""
    of, found = guarded(trials), {cost.way: cost for cost in costs(trials)}
    if of is None or not found:
        return []
    told = _of_loading(trials, of)
    told += [_of_guard(found[way], of) for way in GUARDS if way in found]
    tried = got_through(trials)
    if {"code_unsafe", "code_safe"} <= tried.keys():
        kept = tried["code_unsafe"] and not tried["code_safe"]
        told.append(Suggestion(key="guard_code" if kept else "guard_code_otherwise"))
    if {"altered_plain", "altered_checksum", "altered_encryption"} <= tried.keys():
        kept = tried["altered_plain"] and not tried["altered_checksum"] and not tried["altered_encryption"]
        told.append(Suggestion(key="guard_altered" if kept else "guard_altered_otherwise"))
    return told


def _of_loading(trials: Sequence[Trial], of: Guarded) -> list[Suggestion]:
    ratio = reading_ratio(trials, "safetensors", "pickle")
    if ratio is None:
        return []
    way = "slower" if ratio.low > 1.0 else "faster" if ratio.high < 1.0 else "alike"
    arguments: dict[str, Argument] = {"size": si(of.bytes, "B"), **_written(ratio, lambda value: f"{value:.2g}")}
    return [Suggestion(key=f"guard_loading_{way}", arguments=arguments)]


def _of_guard(cost: Cost, of: Guarded) -> Suggestion:
    """Its seconds, and its share of the run where that is known."""
    arguments: dict[str, Argument] = {"write": brief(cost.write.value), "read": brief(cost.read.value)}
    if cost.run is None:
        return Suggestion(key=f"guard_{cost.way}_alone", arguments=arguments)
    arguments |= {"saves": round(of.saves), "trained": duration(float(f"{of.train_seconds or 0.0:.3g}"))}
    arguments |= _written(cost.run, lambda value: f"{100.0 * value:.{places(100.0 * value)}f}")
    return Suggestion(key=f"guard_{cost.way}", arguments=arguments)


def _written(interval: Interval, write: Callable[[float], str]) -> dict[str, Argument]:
    return {name: write(getattr(interval, name)) for name in ("value", "low", "high")}
