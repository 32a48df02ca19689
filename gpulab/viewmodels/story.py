"""The story of a run as cards of keys and arguments: what happens now, what just happened, what came out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from gpulab.events.documents import Notice, Severity, TextGenerated
from gpulab.spec.problem import Argument
from gpulab.viewmodels.figures import figure
from gpulab.viewmodels.record import RunRecord

FigureKey = Literal[
    "quality",
    "quality_apart",
    "size",
    "parameters",
    "memory",
    "speed",
    "cached",
    "beginning",
    "cached_beginning",
    "cache",
    "reading",
    "training",
]

_SAME = 0.0005  # what rounds to nothing is neither better nor worse
_NEWS_NOTICES = 4
_ONE_READING = 0.10  # what was measured once may differ by this much from one reading to the next
_CHANCE = 0.98  # of the vocabulary: as unsure as this is no better than guessing
_PHASES = frozenset(("preparing", "paused", "continued", "compressing", "judging"))


class Line(msgspec.Struct, frozen=True):
    """One sentence: `key` names it, `arguments` fill its blanks."""

    key: str
    arguments: dict[str, Argument] = {}


class Figure(msgspec.Struct, frozen=True):
    """One row of the result: the trained model's figure, the compressed one's beside it, and how they differ.

    `better` says whether the change is an improvement; None where nothing was compressed or nothing changed.
    """

    key: FigureKey
    trained: str
    compressed: str = ""
    change: float | None = None
    better: bool | None = None
    once: bool = False
    """Measured once, without a spread: small changes mean nothing."""


class Result(msgspec.Struct, frozen=True):
    """The final model's quality, size and speed."""

    figures: tuple[Figure, ...]
    compressed: bool


class Story(msgspec.Struct, frozen=True):
    """Everything the column shows, in its order."""

    now: tuple[Line, ...]
    news: tuple[Line, ...]
    notices: tuple[Notice, ...]
    texts: tuple[TextGenerated, ...]
    result: Result | None


def story_of(run: RunRecord) -> Story:
    """The story so far."""
    return Story(
        now=tuple(_now(run)),
        news=tuple(_news(run)),
        notices=tuple(_worth_saying(run)),
        texts=tuple(run.texts),
        result=result_of(run),
    )


def _now(run: RunRecord) -> Iterator[Line]:
    arguments: dict[str, Argument] = {"step": run.step, "steps": run.steps, "tokens": figure(run.tokens, "si")}
    yield _standing(run, arguments)
    if run.state in ("training", "paused") and run.started and run.started.training_tokens:
        yield _read(run.tokens, run.tokens / run.started.training_tokens)
    loss = run.latest.get("val_loss")
    if loss is not None and run.started and run.state != "failed":
        yield _unsure(loss, run.started.vocab_size)


def _read(tokens: int, share: float) -> Line:
    """How much of the text it has read: a part of it, then how many times the whole."""
    if share < 1.0:
        percent = f"{share * 100:.2g}" if share < 0.995 else "99"
        return Line("now_read_part", {"tokens": figure(tokens, "si"), "percent": percent})
    return Line("now_read_times", {"tokens": figure(tokens, "si"), "times": f"{share:.1f}"})


def _standing(run: RunRecord, arguments: dict[str, Argument]) -> Line:
    """What it does now, or how it ended; a run that was stopped says from where it can go on."""
    if run.state != "stopped" or not run.complete or run.resumes_at == run.step:
        return Line(f"now_{run.state}", arguments)
    if run.resumes_at is None:
        return Line("now_stopped_unsaved", arguments)
    return Line("now_stopped_behind", {**arguments, "saved": run.resumes_at})


def _unsure(loss: float, vocabulary: int) -> Line:
    """e to the loss is the number of equally likely tokens that would leave it just as unsure."""
    choices = math.exp(min(loss, 20.0))
    if choices >= vocabulary * _CHANCE:
        return Line("now_guessing", {"vocabulary": vocabulary})
    return Line("now_unsure", {"choices": f"{choices:.3g}", "vocabulary": vocabulary})


def _news(run: RunRecord) -> Iterator[Line]:
    """What the rules of the commentary made of it at the newest look, then what lies on the disk."""
    for one in run.commentary:
        yield Line(one.key, dict(one.arguments))
    if run.saved:
        saved: dict[str, Argument] = {"step": run.saved.step, "size": figure(run.saved.bytes, "bytes")}
        yield Line(f"news_saved_{run.saved.kind}", saved)


def _worth_saying(run: RunRecord) -> Iterator[Notice]:
    """Rules that failed, then the newest notices that are more than a change of phase; equal ones once."""
    if run.switched_off:
        names = ", ".join(off.detector.label for off in run.switched_off)
        yield Notice(key="detector_failed", arguments={"names": names, "error": run.switched_off[0].error})
    said: set[str] = set()
    for notice in reversed(run.notices):
        if notice.key in _PHASES or notice.key in said:
            continue
        said.add(notice.key)
        yield notice
        if len(said) == _NEWS_NOTICES:
            return
    if "batchnorm_sees_ahead" not in said and _normalizes_by_batch(run):
        yield Notice(key="batchnorm_sees_ahead", severity="info")


def _normalizes_by_batch(run: RunRecord) -> bool:
    """Such a loss must not be compared with an honest one, which is worth saying as long as it is on the screen."""
    techniques = run.started.experiment.get("techniques", {}) if run.started else {}
    return bool(techniques.get("normalization", {}).get("kind") == "batchnorm")


def worst(run: RunRecord) -> Severity:
    """The gravest severity among the run's notices."""
    found = {notice.severity for notice in run.notices}
    return "danger" if "danger" in found else "warning" if "warning" in found else "info"


def result_of(run: RunRecord) -> Result | None:
    """The result card's figures, or None before the end."""
    summary = run.summary
    if "test_bits_per_byte" not in summary:
        return None  # stopped early: nobody has judged it
    compressed = summary.get("compressed") or {}
    quality: FigureKey = "quality" if summary.get("comparable", True) else "quality_apart"
    rows: tuple[Figure | None, ...] = (
        _figure(quality, summary, compressed, "test_bits_per_byte", _fixed, more_is_better=False),
        _figure("size", summary, compressed, "model_bytes", _bytes, more_is_better=False),
        _figure("speed", summary, compressed, "inference_tokens_per_s", _rate, more_is_better=True, once=True),
        _figure("cached", summary, compressed, "cached_tokens_per_s", _rate, more_is_better=True, once=True),
        _figure("beginning", summary, compressed, "first_token_s", _time, more_is_better=False, once=True),
        _figure(
            "cached_beginning", summary, compressed, "cached_first_token_s", _time, more_is_better=False, once=True
        ),
        _figure("cache", summary, compressed, "cache_bytes", _bytes, more_is_better=False),
    )
    if compressed:
        rows += (
            _figure("parameters", summary, compressed, "parameters", _count, more_is_better=False),
            _figure("memory", summary, compressed, "inference_bytes", _bytes, more_is_better=False),
            _figure("reading", summary, compressed, "forward_tokens_per_s", _rate, more_is_better=True, once=True),
        )
    figures = tuple(row for row in rows if row is not None)
    trained = summary.get("tokens_per_s")
    if isinstance(trained, int | float):
        figures += (Figure("training", _rate(trained)),)
    return Result(figures, bool(compressed)) if figures else None


def _figure(
    key: FigureKey,
    summary: Mapping[str, Any],
    compressed: Mapping[str, Any],
    name: str,
    shown: Callable[[float], str],
    *,
    more_is_better: bool,
    once: bool = False,
) -> Figure | None:
    before, after = summary.get(name), compressed.get(name)
    if not isinstance(before, int | float):
        return None
    if not isinstance(after, int | float):
        return Figure(key, shown(before))
    change = after / before - 1.0 if before else 0.0
    better = None if abs(change) < (_ONE_READING if once else _SAME) else (change > 0) == more_is_better
    return Figure(key, shown(before), shown(after), change, better, once)


def _fixed(value: float) -> str:
    return f"{value:.3f}"


def _bytes(value: float) -> str:
    return figure(value, "bytes")


def _count(value: float) -> str:
    return figure(value, "si")


def _rate(value: float) -> str:
    return figure(value, "rate")


def _time(value: float) -> str:
    return f"{value * 1e3:.3g} ms" if value < 1.0 else f"{value:.3g} s"


def signed_percent(share: float) -> str:
    """`+12 %`, `−3.1 %`, with a true minus sign; small changes keep a decimal."""
    percent = abs(share * 100)
    sign = "±" if abs(share) < _SAME else "+" if share > 0 else "−"
    return f"{sign}{percent:.0f} %" if percent >= 9.95 else f"{sign}{percent:.1f} %"
