"""The sequential test: after each seed, what do the pairs so far allow to be said, at a known risk of being wrong?

Whoever looks at many metrics, after every seed, and stops when one looks good, finds something almost always. So the
risk of any false "better" or "worse" in a whole comparison is fixed at 5 % beforehand and divided:

- Primary metrics share one half, the other judged metrics that vary the other half; within a half every metric of
  every arm has the same part. Figures that both arms read from the same trainings need none.
- Each (arm, metric) spends its part over the looks, from the least to the most seeds, in proportion to the square of
  the share of seeds seen: at first only large differences pass, and most is left for the end.
- A look is a t-interval of paired differences (logarithms of ratios) at the level that this look may spend. That sum of
  risks bounds the error whatever the noise, also where metrics, arms or looks depend on each other. The price: with
  noise of real runs fewer than 1 % of comparisons go wrong, where 5 % may.

"Better" and "worse" stay once they are said, unless the estimate comes back into the region that counts as none, or
later pairs scatter so much that the interval which is shown holds zero again: word and interval never disagree.
"The same" is said where the 98 % interval lies inside that region. The interval that is shown allows for stopping at a
chance extreme. Their levels, and why, stand in `gpulab.analysis.looking`; what all this is worth was tried on simulated
comparisons in `tests/analysis/test_calibration.py`. The t-interval assumes noise without wild outliers: with them it
claims less, not more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gpulab.analysis.changes import Change, Judgement, Whole
from gpulab.analysis.comparability import may_compare, reasons
from gpulab.analysis.error_shares import ERROR, errors_of, shared
from gpulab.analysis.metrics import BY_KEY, METRICS, Metric
from gpulab.analysis.observations import Observation, pairs
from gpulab.analysis.one_metric import Pair, change_of
from gpulab.spec.comparison import Comparison

_ENDED_BADLY = frozenset(("stopped", "failed", "vanished", "diverged"))


def judge(comparison: Comparison, observations: Sequence[Observation]) -> Judgement:
    """What the observations say about each arm; never raises, however few or odd they are."""
    seen = list(observations)
    errors = errors_of(comparison)
    changes: list[Change] = []
    open_: list[tuple[str, str]] = []
    incomparable: list[tuple[str, str]] = []
    for arm in comparison.arms[1:]:
        both = pairs(seen, comparison.baseline.key, arm.key)
        because = reasons(one for pair in both for one in pair)
        incomparable += [(arm.key, key) for key in because]
        for metric in METRICS:
            if not may_compare(metric, because) or (both and not _told(metric, both)):
                continue
            alone = errors.get((arm.key, metric.key), ERROR)  # shown beside, no word is given on it
            change = change_of(comparison, arm, metric, both, alone)
            changes += [change] if change else []
            if metric.judged and not shared(comparison, arm, metric) and not (change and change.decided):
                open_.append((arm.key, metric.key))
    left_out = tuple((one.arm, one.seed, one.state) for one in seen if one.state in _ENDED_BADLY)
    return Judgement(
        baseline=comparison.baseline.key,
        changes=tuple(changes),
        wholes={
            arm.key: whole(
                [one for one in changes if one.arm == arm.key],
                bool(lost_alone(left_out, comparison.baseline.key, arm.key)),
            )
            for arm in comparison.arms[1:]
        },
        undecided=tuple(open_),
        looks=_looks(comparison, changes),
        left_out=left_out,
        incomparable=tuple(incomparable),
        unfair=tuple((one.arm, one.seed, one.unfair) for one in seen if one.unfair and one.state == "done"),
    )


def lost_alone(left_out: Iterable[tuple[str, int, str]], baseline: str, arm: str) -> set[int]:
    """The seeds with which `arm` diverged and the baseline did not."""
    lost = {(one, seed) for one, seed, state in left_out if state == "diverged"}
    return {seed for one, seed in lost if one == arm and (baseline, seed) not in lost}


def whole(changes: Sequence[Change], diverged: bool = False) -> Whole:
    """The word for an arm, from its judged changes and whether it `diverged` where the baseline did not.

    Mixed where something is better and something worse. Otherwise too few as long as what the comparison is about (a
    primary metric) is open or missing. Else what is decided speaks for the arm: better or worse by whatever is, and the
    same where nothing is and every exact figure has its word. Speeds and memory may still be open then.
    Who is as good or better only with the seeds that came through is not praised for it.
    """
    found = _by_changes(changes)
    return _UNPRAISED.get(found, found) if diverged else found


_UNPRAISED: Mapping[Whole, Whole] = {"better": "mixed", "same": "too_few"}


def _by_changes(changes: Sequence[Change]) -> Whole:
    judged = [change for change in changes if BY_KEY[change.metric].judged]
    words = {change.word for change in judged}
    if {"better", "worse"} <= words:
        return "mixed"
    primary = {change.word for change in judged if BY_KEY[change.metric].primary}
    if not primary or "too_few" in primary:
        return "too_few"
    decided: tuple[Whole, ...] = ("better", "worse")
    exact_open = any(change.word == "too_few" and BY_KEY[change.metric].exact for change in judged)
    return next((word for word in decided if word in words), "too_few" if exact_open else "same")


def _told(metric: Metric, both: Sequence[Pair]) -> bool:
    """Whether any run says anything about `metric`."""
    return any(metric.key in one.figures for pair in both for one in pair)


def _looks(comparison: Comparison, changes: Iterable[Change]) -> int:
    most = max((change.pairs for change in changes), default=0)
    if comparison.question == "runs":
        return int(most > 0)
    return max(0, most - comparison.rules.least_seeds + 1)
