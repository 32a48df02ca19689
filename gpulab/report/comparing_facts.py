"""How a comparison was measured: what somebody needs to repeat it, or to doubt it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpulab.analysis.figures import LEVEL, amount
from gpulab.analysis.numerals import plain
from gpulab.comparisons.standing import Standing
from gpulab.events.documents import RunStarted
from gpulab.events.reader import Reader
from gpulab.report.model import Facts
from gpulab.report.of_run import when
from gpulab.report.sides import Sides
from gpulab.runs.reading import digest_of
from gpulab.spec.comparison import Comparison

_PLANS = "Sides were run in turn, in the opposite order from one seed to the next, so that what drifts falls on all."


def period(standing: Standing) -> str:
    """From the first run's beginning to the last one's end."""
    digests = [digest_of(path) for path in dict.fromkeys(standing.runs.values())]
    begun = [digest.started_at for digest in digests if digest.started_at]
    if not begun:
        return "not begun"
    ended = [digest.ended_at for digest in digests if digest.ended_at]
    return when(min(begun), max([*ended, *begun]))


def device_of(standing: Standing) -> str:
    """The devices that the runs trained on."""
    return ", ".join(dict.fromkeys(one.device for one in standing.observations if one.device)) or "no device yet"


def versions_of(standing: Standing) -> Mapping[str, str]:
    """The libraries of the first run that tells them."""
    for path in dict.fromkeys(standing.runs.values()):
        if started := started_of(path):
            return started.versions
    return {}


def started_of(run_dir: Path) -> RunStarted | None:
    """How the run began, from the head of its record."""
    head = Reader(run_dir).poll()
    return next((document for document in head if isinstance(document, RunStarted)), None)


def measured(standing: Standing, sides: Sides) -> Facts:
    """The test, the regions, the seeds, the text."""
    comparison, judgement, rules = standing.comparison, standing.judgement, standing.comparison.rules
    data = standing.experiments[comparison.baseline.key].data
    training = standing.experiments[comparison.baseline.key].training
    held = f"{data.validation_share:.0%} to choose by, {data.test_share:.0%} to judge by, cut before anything else"
    seeds = sorted({one.seed for one in standing.observations})
    regions = (
        ("quality", rules.equal_quality),
        ("speed and time", rules.equal_speed),
        ("memory", rules.equal_memory),
        ("size", rules.equal_size),
    )
    rows = [
        ("Text", f"{data.path or data.corpus}; {held}"),
        ("Judged on", "the test text, which is read once, at the end of each run"),
        ("Seeds", f"{', '.join(map(str, seeds)) or 'none yet'} (from {rules.least_seeds} to {rules.most_seeds})"),
        ("Looks", f"{judgement.looks}, each after every side had a further seed"),
        ("Test", f"differences seed by seed; {LEVEL} sure for all judged figures and all looks together"),
        ("Counts as no difference", ", ".join(f"{name} {amount(percent / 100.0)}" for name, percent in regions)),
        ("Learning rates", _rates(standing, sides, training.learning_rate)),
        ("Order", _order(comparison)),
        ("Folder", str(standing.folder)),
    ]
    return Facts(tuple(rows))


def _order(comparison: Comparison) -> str:
    if comparison.question == "runs":
        return "These runs were made before this comparison."
    alone = len({comparison.trained_by(arm) for arm in comparison.arms}) == 1
    return "All sides were made from the same trainings, one a seed." if alone else _PLANS


def _rates(standing: Standing, sides: Sides, rate: float) -> str:
    if not standing.tuned:
        return f"{plain(rate, 3)} for the baseline; no side was tuned for this comparison"
    listed = ", ".join(f"{sides[arm].letter} {plain(found, 3)}" for arm, found in standing.tuned.items())
    return f"each side's best, found with equal effort: {listed}"
