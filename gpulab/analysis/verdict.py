"""From a judgement to four sentences: what was gained, what it cost, how sure that is, and what to try next.

Each sentence has a table of rules, and the first rule that applies speaks. No rule writes a figure of its own: all go
through `gpulab.analysis.figures`, like those of the table beside the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.analysis import figures
from gpulab.analysis.besides import besides
from gpulab.analysis.case import Case, Extras
from gpulab.analysis.changes import Change, Judgement
from gpulab.analysis.error_shares import certainty
from gpulab.analysis.metrics import BY_KEY
from gpulab.analysis.next_steps import NEXT
from gpulab.analysis.numerals import plain
from gpulab.analysis.ruling import Rule, first, fixed, labels, listed, seen
from gpulab.analysis.saying import Saying, Verdict
from gpulab.spec.comparison import Comparison
from gpulab.spec.problem import Argument

_WITH_WORDS = ("test_bits_per_byte", "tokens_per_s", "inference_tokens_per_s", "peak_memory_bytes", "model_bytes")
_NOTHING_ELSE = Extras()


def verdict(comparison: Comparison, judgement: Judgement, arm: str, extras: Extras = _NOTHING_ELSE) -> Verdict:
    """The verdict on `arm`, a key of `comparison` other than the baseline's. Raises KeyError for any other."""
    comparison.arm(arm)
    case = Case(comparison, judgement, arm, extras)
    benefit, cost = _with_quality(first(_BENEFIT, case), case), first(_COST, case)
    return Verdict(
        arm=arm,
        benefit=benefit,
        cost=cost,
        confidence=first(_CONFIDENCE, case),
        next=first(NEXT, case),
        besides=tuple(besides(case, cost)),
    )


def _changed(side: str, changes: Sequence[Change]) -> Saying:
    """The first of `changes` in words of its own, the others with their figures."""
    change, metric = changes[0], BY_KEY[changes[0].metric]
    arguments: dict[str, Argument] = {
        "metric": metric.label,
        "base": figures.written(metric, change.base),
        "value": figures.written(metric, change.value),
        "change": figures.written_change(change),
    }
    key = change.metric if change.metric in _WITH_WORDS else "other"
    if arguments["base"] == arguments["value"]:
        key = "by_a_hair"
    if len(changes) == 1:
        return Saying(f"{side}_{key}", arguments)
    return Saying(f"{side}_{key}_more", {**arguments, "others": listed(changes[1:], figures.written_change)})


def _with_quality(benefit: Saying, case: Case) -> Saying:
    """`benefit`, which also tells of equal quality where that was found: nobody should have to guess the main thing."""
    if case.as_good is None or benefit.key == "benefit_same":
        return benefit
    quality = BY_KEY[case.as_good.metric]
    both = {"as_good": case.as_good.value, "as_good_base": case.as_good.base}
    written = {name: figures.written(quality, value) for name, value in both.items()}
    return Saying(f"{benefit.key}_as_good", {**benefit.arguments, **written})


def _lost(key: str, case: Case) -> Saying:
    return Saying(key, {"count": len(case.lost_alone)})


_BENEFIT: tuple[Rule, ...] = (
    (lambda case: bool(case.gains), lambda case: _changed("benefit", case.gains)),
    (lambda case: case.nothing and "broken" in case.left_out, fixed("benefit_broken")),
    (lambda case: case.nothing and "diverged" in case.left_out, fixed("benefit_diverged")),
    (lambda case: case.nothing and bool(case.left_out), fixed("benefit_failed")),
    (lambda case: case.orphaned, fixed("benefit_orphaned")),
    (lambda case: case.nothing and case.apart, fixed("benefit_incomparable")),
    (lambda case: case.nothing, fixed("benefit_waiting")),
    (lambda case: case.unsettled, fixed("benefit_open")),
    (lambda case: not case.losses and not case.lost_alone, fixed("benefit_same")),
    (lambda case: True, fixed("benefit_none")),
)

_COST: tuple[Rule, ...] = (
    (lambda case: bool(case.losses), lambda case: _changed("cost", case.losses)),
    (lambda case: case.nothing and bool(case.left_out), fixed("cost_no_result")),
    (lambda case: case.nothing and case.apart, fixed("cost_incomparable")),
    (lambda case: case.nothing, fixed("cost_waiting")),
    (
        lambda case: bool(case.lost_alone),
        lambda case: _lost("cost_broken" if case.same_runs else "cost_diverged", case),
    ),
    (lambda case: case.unsettled, fixed("cost_open")),
    (lambda case: bool(seen(case)), lambda case: Saying("cost_none_seen", {"seen": seen(case)})),
    (lambda case: True, fixed("cost_none")),
)

_CONFIDENCE: tuple[Rule, ...] = (
    (lambda case: case.nothing, fixed("confidence_none")),
    (lambda case: case.unsettled and _something_told(case), lambda case: _how_sure("partly", case)),
    (lambda case: case.unsettled and (case.spent or case.extras.over), lambda case: _how_sure("spent", case)),
    (lambda case: case.unsettled, lambda case: _how_sure("open", case)),
    (lambda case: not case.varying, lambda case: _how_sure("exact", case)),
    (lambda case: _headline(case) is not None, lambda case: _how_sure("sure", case)),
    (lambda case: bool(case.gains or case.losses), lambda case: _how_sure("sure_of_rest", case)),
    (lambda case: True, lambda case: _how_sure("sure_of_none", case)),
)


def _how_sure(key: str, case: Case) -> Saying:
    arguments: dict[str, Argument] = {
        "level": certainty(case.comparison.rules),
        "pairs": case.pairs,
        "most": case.most,
        "open": case.unsettled_labels,
        "metrics": labels([*case.gains, *case.losses] or case.decided),
    }
    if headline := _headline(case):
        arguments["metric"] = BY_KEY[headline.metric].label
        arguments["change"] = figures.written_change(headline)
        arguments["interval"] = figures.written_interval(headline)
    if case.tuned:
        arguments["rate"] = plain(case.extras.tuned[case.arm], 3)
        arguments["base_rate"] = plain(case.extras.tuned[case.judgement.baseline], 3)
    return Saying(f"confidence_{key}{_because(case)}{_fairness(case)}", arguments)


def _something_told(case: Case) -> bool:
    """Whether benefit or cost claim anything: "what is said here is sure" is hollow behind two that say nothing."""
    return bool(case.gains or case.losses or case.as_good)


def _because(case: Case) -> str:
    """Which remark is due on intervals that leave out zero and decide nothing."""
    reasons = {change.because for change in case.open}
    return next((f"_{reason}" for reason in ("early", "strict", "small") if reason in reasons), "")


def _fairness(case: Case) -> str:
    """Which remark on the learning rates of both sides is due; none where they decided nothing."""
    if case.same_runs:
        return "_same_runs"
    if case.tuned:
        return "_tuned"
    return "_untuned" if case.rate_decides and (case.varying or case.unsettled) else ""


def _headline(case: Case) -> Change | None:
    """The change whose interval is told: the first that was found better or worse and varies between runs."""
    return next((change for change in case.varying if change.word in ("better", "worse")), None)
