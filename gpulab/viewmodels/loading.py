"""Reads runs that are already on disk, away from the window's loop."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from gpulab.events.documents import Notice, RunEnded, RunStarted
from gpulab.runs import recovery
from gpulab.runs.digest import Digest
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.follow import Follower
from gpulab.runs.replay import Replay, replay
from gpulab.runs.state import ACTIVE
from gpulab.runs.store import Progress, RunEntry, Store, entry_of
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load as load_experiment
from gpulab.spec.files import with_text_found
from gpulab.spec.problem import Problem
from gpulab.techniques import REGISTRY
from gpulab.techniques.origin import MODEL
from gpulab.viewmodels.record import APART, RunRecord, State

_WORKING: State = "preparing"


def listed(store: Store, told: Progress | None = None) -> list[RunRecord]:
    """Every run below the store's root, the oldest first, as far as a list needs it. `told` as in `Store.runs`."""
    collects = gc.isenabled()
    gc.disable()  # thousands of records are made and none is garbage: looking for some would take as long again
    try:
        return [brief(entry) for entry in reversed(store.runs(told))]
    finally:
        if collects:
            gc.enable()


def with_weights(records: Iterable[RunRecord]) -> list[tuple[str, Path]]:
    """Names and folders of the runs that left a trained model, the newest first."""
    # Of ten thousand runs too: strings, because as many Paths would be felt.
    found = [(record.name, record.folder) for record in records if os.path.isfile(f"{record.folder}/{MODEL}")]  # noqa: PTH113
    return sorted(found, key=lambda run: run[1].name, reverse=True)


def brief(entry: RunEntry) -> RunRecord:
    """What a list shows of a run; its curves, texts and notices are still on disk."""
    record = RunRecord(entry.run_dir.name, entry.run_dir, entry.name, entry.color)
    _take_digest(record, entry.digest)
    record.state = _WORKING if entry.state in ACTIVE else entry.state  # type: ignore[assignment]
    record.complete = False
    if entry.problem:
        record.notices.append(_as_notice(entry.problem))
    return record


def _take_digest(record: RunRecord, digest: Digest) -> None:
    record.step, record.tokens, record.seconds = digest.step, digest.tokens, digest.seconds
    record.listed_techniques, record.listed_steps = digest.techniques, digest.steps
    record.listed_device = digest.device_name
    record.listed_apart = APART in digest.notices
    record.listed_architecture, record.listed_optimizer = digest.architecture, digest.optimizer
    record.latest = {key: value for key, value in digest.values.items() if value is not None}
    record.peak_memory_bytes = record.latest.get("vram_allocated_bytes", record.latest.get("rss_bytes"))
    best = digest.summary.get("best_val_loss")
    record.best_val_loss = best if isinstance(best, float) else None
    record.best_step = int(digest.summary.get("best_step") or 0)
    if digest.status:
        record.ended = RunEnded(
            status=digest.status,
            step=digest.step,
            reason=digest.reason,
            arguments=digest.arguments,
            summary=digest.summary,
        )


def complete(of: RunRecord, told: Callable[[float], bool] | None = None) -> RunRecord:
    """`of` with everything its documents say. Its state stays where they leave it open. `told` as in `columns.read`."""
    from gpulab.runs import columns  # brings numpy, which the first paint must not wait for
    from gpulab.viewmodels import dangers
    from gpulab.viewmodels.stored import take_stored

    record = RunRecord(of.run_id, of.folder, of.name, of.color_index)
    found = columns.read(of.folder, told)
    take_stored(record, found)
    if record.live:
        record.state = of.state
    if found.problem:
        record.notices.append(_as_notice(found.problem))
    record.news += 1
    dangers.look(record)
    return record


def opened(run_dir: Path) -> RunRecord:
    """The run in a folder that may lie anywhere. Raises BadInput where there is none."""
    folder = existing(run_dir)
    recovery.close_if_vanished(folder)
    entry = entry_of(folder)
    return brief(entry)


def waiting(run_dir: Path) -> RunRecord:
    """A run that waits in the queue: nothing is recorded of it, so its experiment says what is switched on."""
    record = opened(run_dir)
    if not record.techniques:
        experiment = experiment_of(run_dir)
        record.listed_techniques = tuple(experiment.techniques)
        record.listed_architecture = getattr(experiment.techniques.get("architecture"), "kind", "")
        record.listed_optimizer = experiment.training.optimizer
    return record


def recorded(run_dir: Path) -> tuple[RunRecord, Replay]:
    """The run in `run_dir` as it was before it began, with its replay. Raises BadInput where nothing was recorded."""
    folder = existing(run_dir)
    entry = entry_of(folder)
    record = RunRecord(f"replay {folder.name}", folder, entry.name, entry.color)
    record.replayed = True
    return record, replay(folder)


def read_experiment(path: Path) -> Experiment:
    """The experiment in a file, its own text found where the command line finds it. Raises BadInput."""
    return with_text_found(load_experiment(path, REGISTRY), path)


def experiment_of(run_dir: Path) -> Experiment:
    """What the run trained. Raises BadInput where neither its file nor its record can be read."""
    if (run_dir / EXPERIMENT).is_file():
        return read_experiment(run_dir / EXPERIMENT)
    started = next((document for document in Follower(run_dir).poll() if isinstance(document, RunStarted)), None)
    return decode(started.experiment if started else {}, REGISTRY)


def _as_notice(problem: Problem) -> Notice:
    return Notice(key=problem.key, arguments=problem.arguments, severity="danger")
