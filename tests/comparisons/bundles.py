"""A comparison with recorded runs, made by hand in a moment, for the tests that pack and open it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from gpulab.comparisons import folder as comparisons
from gpulab.comparisons import manifest
from gpulab.comparisons.container import Closing
from gpulab.events.documents import ArmRun, ComparisonStarted, Looked, RunEnded, Sample
from gpulab.events.log import EventLog
from gpulab.runs import folder as runs
from gpulab.spec.comparison import Arm, Comparison
from gpulab.spec.presets import experiment_from

EXPERIMENT = experiment_from("nano")


def run_in(root: Path, samples: int = 5) -> Path:
    """A finished run."""
    run_dir = runs.create(root, EXPERIMENT)
    with EventLog(run_dir) as log:
        log.append(Sample(step=n, tokens=n, seconds=n / 10, values={"train_loss": 3 / (n + 1)}) for n in range(samples))
        log.append([RunEnded(status="done", step=samples, summary={"test_bits_per_byte": 2.5})])
    (run_dir / "worker.log").write_text("/home/somebody/secret")
    return run_dir


def comparison_in(root: Path) -> Path:
    """Two sides; the baseline's run lies inside, the other's elsewhere."""
    asked = Comparison("Mine against yours", "runs", (Arm("baseline", "Mine"), Arm("other", "Yours")))
    folder = comparisons.create(root / "comparisons", asked, {"baseline": EXPERIMENT, "other": EXPERIMENT})
    inside, outside = run_in(folder / "runs"), run_in(root / "elsewhere")
    with EventLog(folder) as log:
        log.append([ComparisonStarted(format=1, name=asked.name, versions={}, pid=1, pid_started=0.0)])
        for arm, run_dir in (("baseline", inside), ("other", outside)):
            log.append([ArmRun(arm=arm, seed=1, run=comparisons.named(folder, run_dir))])
        log.append([Looked(seeds=1, undecided=())])
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` with what is in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


Entries = list[tuple[zipfile.ZipInfo, bytes]]


def entries_of(bundle: bytes) -> Entries:
    """The members of a bundle, to be tampered with."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        return [(entry, file.read(entry)) for entry in file.infolist()]


def forged(entries: Entries) -> bytes:
    """A bundle of such members by somebody who knows the format, its checksum included."""
    out = io.BytesIO()
    closing = Closing(out)
    with zipfile.ZipFile(closing, "w") as file:  # type: ignore[call-overload]
        file.comment = b"\0" * (len(b"gpulab bundle sha256:") + 64)
        for entry, content in entries:
            made = zipfile.ZipInfo(entry.filename)
            made.compress_type, made.external_attr = entry.compress_type, entry.external_attr
            with file.open(made, "w") as member:
                member.write(content)
    closing.finish()
    return out.getvalue()


def relisted(entries: Entries, change: Callable[[manifest.Manifest], manifest.Manifest] = lambda said: said) -> Entries:
    """`entries` with a manifest that lists them as they are now, and then `change`d."""
    said = msgspec.json.decode(entries[0][1], type=manifest.Manifest)
    files = tuple(
        manifest.Member(entry.filename, len(content), hashlib.sha256(content).hexdigest())
        for entry, content in entries[1:]
    )
    said = change(msgspec.structs.replace(said, files=files))
    return [(entries[0][0], msgspec.json.encode(said)), *entries[1:]]
