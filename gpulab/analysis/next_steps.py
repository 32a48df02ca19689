"""What to try next, as a table of rules: the first that applies speaks, and brings the settings to change.

Paths that begin with `rules.` belong to the comparison, all others to the arm's experiment.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gpulab.analysis import figures
from gpulab.analysis.case import Case
from gpulab.analysis.metrics import BY_KEY
from gpulab.analysis.numerals import count, plain
from gpulab.analysis.ruling import Rule, fixed, listed
from gpulab.analysis.saying import Saying
from gpulab.spec.comparison import MOST_SEEDS

_CALMER = 3.0  # a third of a rate that diverged


def _lower_rate(case: Case) -> Saying:
    rate = float(f"{case.extras.learning_rate / _CALMER:.1e}")
    return Saying("next_lower_rate", {"rate": plain(rate, 2)}, {"training.learning_rate": rate})


def _more_seeds(case: Case) -> Saying:
    return Saying("next_more_seeds", {"most": case.most})


def _quiet(case: Case) -> Saying:
    return Saying("next_quiet", {"open": ", ".join(BY_KEY[key].label for key in case.unmeasured)})


def _everything(case: Case) -> Saying:
    """Quality is decided, and no seed is added for the rest as long as nobody asks for that."""
    return Saying("next_everything", {"most": case.most}, {"rules.until": "everything"})


def _raise_seeds(case: Case) -> Saying:
    most = min(MOST_SEEDS, 2 * case.comparison.rules.most_seeds)
    return Saying("next_raise_seeds", {"most": most}, {"rules.most_seeds": most})


def _accept(case: Case) -> Saying:
    return Saying("next_accept", {"seen": listed(case.open, figures.written_detectable)})


def _weigh(case: Case) -> Saying:
    gain, loss = (
        f"{BY_KEY[one.metric].label} {figures.written_change(one)}" for one in (case.gains[0], case.losses[0])
    )
    return Saying("next_weigh", {"gain": gain, "loss": loss})


def _sweep(key: str) -> Callable[[Case], Saying]:
    return lambda case: Saying(key, {"dose": case.extras.dose_label or case.extras.dose})


def _pays_later(case: Case) -> bool:
    found = case.extras.break_even
    return found is not None and not found.within and math.isfinite(found.steps)


def _longer(case: Case) -> Saying:
    """Rounded up to two digits: nobody trains 1,237 steps."""
    assert case.extras.break_even is not None
    found = case.extras.break_even.steps
    unit = 10 ** max(0, math.floor(math.log10(found)) - 1)
    steps = math.ceil(found / unit) * unit
    return Saying("next_longer", {"steps": count(steps)}, {"training.steps": steps})


def _quality_lost_untuned(case: Case) -> bool:
    lost = any(BY_KEY[change.metric].family == "quality" for change in case.losses)
    return lost and case.rate_decides and not case.tuned and not case.same_runs


NEXT: tuple[Rule, ...] = (
    (lambda case: "broken" in case.left_out and bool(case.extras.dose), _sweep("next_doses")),
    (lambda case: "broken" in case.left_out, fixed("next_gentler")),
    (lambda case: "diverged" in case.left_out and case.extras.learning_rate > 0, _lower_rate),
    (lambda case: "diverged" in case.left_out, fixed("next_lower")),
    (lambda case: bool({"failed", "vanished"} & set(case.left_out)), fixed("next_failure")),
    (lambda case: case.nothing and case.apart, fixed("next_alike")),
    (lambda case: case.orphaned, fixed("next_baseline")),
    (lambda case: case.nothing and case.comparison.question == "runs", fixed("next_same_seeds")),
    (lambda case: case.nothing, fixed("next_wait")),
    (lambda case: bool(case.open) and case.comparison.question == "runs", fixed("next_more_pairs")),
    (lambda case: case.awaited and not case.spent and not case.extras.over, _more_seeds),
    (lambda case: case.awaited and case.comparison.rules.most_seeds < MOST_SEEDS, _raise_seeds),
    (lambda case: case.awaited, _accept),
    (_quality_lost_untuned, lambda case: Saying("next_tune", {}, {"rules.tune": True})),
    (lambda case: bool(case.unmeasured) and case.disturbed, _quiet),
    (lambda case: bool(case.unmeasured), fixed("next_more_runs")),
    (_pays_later, _longer),
    (lambda case: bool(case.gains and case.losses and case.extras.dose), _sweep("next_doses")),
    (lambda case: bool(case.gains and case.losses), _weigh),
    (lambda case: bool(case.open) and not case.spent, _everything),
    (lambda case: bool(case.open) and case.comparison.rules.most_seeds < MOST_SEEDS, _raise_seeds),
    (lambda case: bool(case.open), _accept),
    (lambda case: bool(case.gains and case.extras.dose), _sweep("next_further")),
    (lambda case: bool(case.gains), fixed("next_keep")),
    (lambda case: bool(case.losses), fixed("next_leave")),
    (lambda case: True, fixed("next_leave_same")),
)
