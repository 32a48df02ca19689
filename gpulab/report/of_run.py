"""The report of a single run: how it ended, its figures, the compressed model beside the trained one, its curves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpulab import __version__
from gpulab.analysis.figures import relative, written
from gpulab.analysis.metrics import METRICS, Metric
from gpulab.analysis.numerals import duration
from gpulab.comparisons.dangers import commentary_in
from gpulab.events.documents import JobStarted, Notice, RunStarted
from gpulab.report import dangers
from gpulab.report.drawings import Axis, Curves
from gpulab.report.history import History, banded
from gpulab.report.model import Block, Cell, Column, Facts, Picture, Quote, Report, Section, Table, Tone, Words
from gpulab.report.settings import rows_of
from gpulab.runs.folder import EXPERIMENT, existing, meta_of
from gpulab.runs.state import state_of
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.problem import refuse
from gpulab.techniques import REGISTRY
from gpulab.words import explain, sentence

_STATES = {
    "queued": "Nobody has begun this run yet.",
    "running": "This run is still going on.",
    "starting": "This run is still going on.",
    "paused": "This run is paused.",
    "done": "Finished.",
    "stopped": "Stopped before its end.",
    "failed": "Failed.",
    "vanished": "Broke off: its process is gone.",
}
_PHASES = frozenset(("preparing", "paused", "continued", "compressing", "judging"))
_CURVES = (
    ("val_bits_per_byte", "Quality on held-out text", Axis("Bits per byte", better="lower")),
    ("train_loss", "Training loss", Axis("Nats per token", better="lower")),
    ("tokens_per_s", "Training speed", Axis("Tokens per second", "si", better="higher")),
    ("rss_bytes", "Memory of the process", Axis("Resident", "bytes", better="lower")),
    ("vram_allocated_bytes", "Memory of the GPU", Axis("Allocated by tensors", "bytes", better="lower")),
    ("learning_rate", "Learning rate", Axis("Learning rate")),
)


def report_of_run(path: Path) -> Report:
    """Everything that is known of the run at `path`. Raises BadInput where there is none, or nothing was recorded."""
    run_dir = existing(path)
    history = History(run_dir)
    if history.started is None:
        raise refuse("nothing_recorded", path=str(path))
    experiment = _experiment(run_dir, history.started)
    summary = history.ended.summary if history.ended else {}
    return Report(
        title=meta_of(run_dir).name or experiment.name,
        question="One training, and what came out of it.",
        standing=_standing(run_dir, history),
        when=when(history.started.at, history.ended.at if history.ended else history.documents[-1].at),
        where=where(history.started),
        about=about(history.started.versions),
        sections=tuple(_sections(history, experiment, summary)),
    )


def _told(history: History) -> str:
    return " ".join(sentence(one.key, one.arguments) for one in commentary_in(history.run_dir))


def _experiment(run_dir: Path, started: RunStarted) -> Experiment:
    if (run_dir / EXPERIMENT).is_file():
        return load(run_dir / EXPERIMENT, REGISTRY)
    return decode(started.experiment, REGISTRY)


def _standing(run_dir: Path, history: History) -> str:
    ended = history.ended
    if ended is None:
        return _STATES.get(state_of(run_dir), _STATES["running"])
    said = f"{_STATES[ended.status]} It made {ended.step:,} steps."
    return f"{said} {_capital(sentence(ended.reason, ended.arguments))}" if ended.reason else said


def when(began: float, ended: float) -> str:
    """`2026-11-23 17:45 to 17:52 UTC`: the same on every machine that makes the report."""
    first, last = (datetime.fromtimestamp(at, UTC) for at in (began, ended))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {until} UTC"


def where(started: RunStarted | JobStarted) -> str:
    """The device by its name, with the threads where it is a processor."""
    name = started.device_name or started.device
    if started.device != "cpu":
        return f"{name} ({started.device})"
    return f"{name}, {started.threads} thread{'' if started.threads == 1 else 's'}"


def about(versions: Mapping[str, str]) -> str:
    """What measured it, and what wrote this."""
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"Written by GPU Lab {__version__}. Measured with {listed}."


def _sections(history: History, experiment: Experiment, summary: Mapping[str, Any]) -> Iterator[Section]:
    yield Section("What came out", tuple(_results(history, summary)))
    if told := _told(history):
        yield Section("What happened", (Words(told),), "Told from the figures of this run alone.")
    yield dangers.of_run(history)
    if pictures := tuple(_pictures(history)):
        yield Section("How it went", pictures)
    if texts := tuple(_texts(history)):
        yield Section("What it wrote", texts, "The last text of each model, exactly as it came.")
    yield Section(
        "Settings",
        (_settings_table(experiment),),
        "Bold: chosen by somebody. Everything else was left as it comes.",
    )
    yield Section("Where it lies", (_trace(history),))


def _results(history: History, summary: Mapping[str, Any]) -> Iterator[Block]:
    if history.problem:
        yield Words(_capital(explain(history.problem)), "warning")
    for notice in _worth_saying(history.notices):
        yield Words(_capital(sentence(notice.key, notice.arguments)), _TONES[notice.severity])
    if not summary.get("comparable", True):
        lost = f"{100 * summary.get('lost_share', 0.0):.2g}"
        yield Words(sentence("held_out_text_changed", {"percent": lost}), "warning")
    if table := results_table(summary):
        yield table
    else:
        yield Words("It was not judged, because it did not come to its end.", "muted")


_TONES: dict[str, Tone] = {"info": "", "warning": "warning", "danger": "bad"}


def _worth_saying(notices: list[Notice]) -> Iterator[Notice]:
    said: set[str] = {"held_out_text_changed", *_PHASES}
    for notice in notices:
        if notice.key not in said:
            said.add(notice.key)
            yield notice


def results_table(summary: Mapping[str, Any]) -> Table | None:
    """Each measured figure of the trained model, the compressed one's beside it; None where nothing was judged."""
    compressed = summary.get("compressed")
    if "test_bits_per_byte" not in summary:
        return None
    columns = [Column("Figure"), Column("Trained", number=True)]
    if compressed:
        columns += [Column("Compressed", number=True), Column("Change", number=True)]
    rows = [
        (Cell(metric.label), Cell(written(metric, _number(summary, metric.key))), *_compressed(metric, summary))
        for metric in METRICS
        if _number(summary, metric.key) is not None
    ]
    caption = "Read from the test text, which nothing chose by." + (
        " Speeds and times were measured once; small changes in them mean nothing." if compressed else ""
    )
    return Table(caption, tuple(columns), tuple(rows))


def _compressed(metric: Metric, summary: Mapping[str, Any]) -> tuple[Cell, ...]:
    compressed = summary.get("compressed")
    if not compressed:
        return ()
    before, after = _number(summary, metric.key), _number(compressed, metric.key)
    if not metric.of_model or before is None or after is None:
        return (Cell("", "muted"), Cell("", "muted"))
    change = after / before - 1.0 if before else math.nan
    good = (change < 0) == (metric.better == "lower")
    tone: Tone = "" if not metric.exact or change == 0 else "good" if good else "bad"
    return (Cell(written(metric, after)), Cell(relative(change), tone))


def _number(summary: Mapping[str, Any], key: str) -> float | None:
    value = summary.get(key)
    return float(value) if isinstance(value, int | float) else None


def _pictures(history: History) -> Iterator[Picture]:
    for key, title, axis in _CURVES:
        line = banded("", 0, [history.curve(key)])
        if line is None or min(line.y) == max(line.y):  # a line that never moves is said in the settings
            continue
        told = f"{title} from {line.y[0]:.4g} at step {line.x[0]:,.0f} to {line.y[-1]:.4g} at step {line.x[-1]:,.0f}."
        yield Picture(key.replace("_", "-"), title, told, Curves(Axis("Steps", "si"), axis, (line,)))


def _texts(history: History) -> Iterator[Quote]:
    last = {text.variant: text for text in history.texts}
    for text in last.values():
        name = "The compressed model" if text.variant == "compressed" else "The trained model"
        yield Quote(f"{name}, after step {text.step:,}", text.prompt, text.text)


def _settings_table(experiment: Experiment) -> Table:
    rows = tuple(
        (Cell(name), Cell(value, "" if chosen else "muted", strong=chosen))
        for name, value, chosen in rows_of(experiment)
    )
    return Table("Every setting of this run.", (Column("Setting"), Column("Value")), rows)


def _trace(history: History) -> Facts:
    started = history.started
    assert started is not None
    rows = [
        ("Folder", str(history.run_dir)),
        ("Experiment", started.experiment_hash),
        ("Seed", str(started.seed)),
        ("Parameters", f"{started.parameters:,}"),
        ("Training text", f"{started.training_tokens:,} tokens of {started.vocab_size:,} kinds"),
        ("Techniques, as they applied", ", ".join(started.technique_order) or "none"),
    ]
    if history.ended and isinstance(seconds := history.ended.summary.get("train_seconds"), int | float):
        rows.append(("Training took", duration(float(seconds))))
    return Facts(tuple(rows))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
