"""What a comparison found: a table and the verdicts' sentences for a person, one object for a script."""

from __future__ import annotations

from collections.abc import Iterator

from gpulab.analysis import figures
from gpulab.analysis.changes import Change
from gpulab.analysis.metrics import METRICS
from gpulab.cli.output import give, give_json, table
from gpulab.cli.summary import FAILED
from gpulab.comparisons.answers import sweep_of, verdict_of
from gpulab.comparisons.standing import Standing
from gpulab.report.outcome import as_object, said, whole_of, word_of
from gpulab.words import sentence

_HEADINGS = ("", "baseline", "here", "change", f"{figures.LEVEL} interval", "verdict")


def finish(standing: Standing, as_json: bool) -> int:
    """Puts out what was found; returns the exit status: 1 where no arm could be compared."""
    if as_json:
        give_json(as_object(standing))
    else:
        give("\n".join(in_words(standing)))
    compared = any(change.pairs for change in standing.judgement.changes)
    return FAILED if standing.state in ("failed", "vanished") or (standing.state == "done" and not compared) else 0


def in_words(standing: Standing) -> Iterator[str]:
    """The lines of the table of each arm with its verdict, then what was left out, and how it ended."""
    comparison, judgement = standing.comparison, standing.judgement
    yield comparison.name
    for arm in comparison.arms[1:]:
        found = verdict_of(standing, arm.key)
        word = whole_of(found, judgement.wholes.get(arm.key, "too_few"))
        yield ""
        yield f"{arm.name}, against {comparison.baseline.name}: {word}"
        if rows := [_row(metric.label, change) for metric in METRICS if (change := judgement.of(arm.key, metric.key))]:
            yield table([_HEADINGS, *rows])
        yield from (f"  {line}" for line in said(found))
    yield ""
    yield from (sentence(saying.key, saying.arguments) for saying in sweep_of(standing)[1])
    if standing.reason:
        yield sentence(standing.reason, standing.arguments)
    yield f"folder: {standing.folder}"


def _row(label: str, change: Change) -> tuple[str, ...]:
    metric = next(metric for metric in METRICS if metric.key == change.metric)
    word = word_of(change) if metric.judged else ""
    base, value = figures.written(metric, change.base), figures.written(metric, change.value)
    return (label, base, value, figures.written_change(change), figures.written_interval(change), word)
