"""Everything that can be said of an arm against the baseline, gathered from where a comparison stands.

Page, report and command line take their sentences from here, so that none of them says more or less than another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from gpulab.analysis import breakeven, doses, human, reaching, who_pays
from gpulab.analysis.case import Extras
from gpulab.analysis.changes import Change, Word
from gpulab.analysis.curve import Curve
from gpulab.analysis.doses import DosePoint, Sweep
from gpulab.analysis.human import Guesses, Unit
from gpulab.analysis.saying import Saying, Verdict
from gpulab.analysis.verdict import verdict
from gpulab.comparisons.differing import differences
from gpulab.comparisons.standing import Standing
from gpulab.spec.comparison import Arm
from gpulab.spec.decode import all_settings, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.setting import Setting
from gpulab.techniques import REGISTRY

_QUALITY = "test_bits_per_byte"
_LOOKS = "val_bits_per_byte"
_UNITS: Mapping[str, Unit] = {"characters": "character", "bytes": "byte", "bpe": "piece"}


def verdict_of(standing: Standing, arm: str) -> Verdict:
    """The verdict on `arm`, which is not the baseline. Reads the runs' curves from the disk."""
    return verdict(standing.comparison, standing.judgement, arm, extras_of(standing, arm))


def extras_of(standing: Standing, arm: str) -> Extras:
    """What is known of `arm` beside the judgement: rates, what to sweep, and what the analyses of its runs found."""
    comparison, judgement = standing.comparison, standing.judgement
    tuned = {one.key: standing.tuned[key] for one in comparison.arms if (key := _source(one)) in standing.tuned}
    experiment, dose = standing.experiments[arm], dose_of(standing, arm)
    known = Extras(
        tuned=tuned,
        learning_rate=tuned.get(arm, experiment.training.learning_rate),
        rates_differ=len({standing.experiments[key].training.learning_rate for key in (arm, judgement.baseline)}) > 1,
        steps=experiment.training.steps,
        over=standing.state == "done",
        dose=dose.path if dose else "",
        dose_label=dose.label if dose else "",
    )
    if any(key == arm and reason != "arms_differ_in_tokenizer" for key, reason in judgement.incomparable):
        return known
    base, looks = comparison.baseline, curves_of(standing, judgement.baseline)
    slices = who_pays.slices(standing.observations, base.key, arm)
    left_out = None if _is_compressed(standing, base) else human.training_left_out(judgement, arm, looks)
    known = msgspec.structs.replace(known, slices=slices, guesses=_guesses(standing, arm), left_out=left_out)
    if comparison.trained_by(comparison.arm(arm)) == comparison.trained_by(base):
        return known  # one training: it took both sides the same
    even = breakeven.break_even(standing.observations, base.key, arm, experiment.tokens_per_step)
    known = msgspec.structs.replace(known, break_even=even)
    if _is_compressed(standing, comparison.arm(arm)) or _is_compressed(standing, base):
        return known  # curves are of the trained model, and it is another one that is judged
    timed = not any(one.unfair for one in standing.observations if one.arm in (arm, base.key))
    curves = curves_of(standing, arm)
    reached = reaching.reached(looks, curves, comparison.rules, watts=_watts(standing, arm), timed=timed)
    return msgspec.structs.replace(known, reached=reached)


def _source(arm: Arm) -> str:
    """The arm whose runs it reads."""
    return arm.runs_of or arm.key


def _is_compressed(standing: Standing, arm: Arm) -> bool:
    """Whether what is judged of `arm` was made from its trained models."""
    return any(one.compressed for one in standing.observations if one.arm == arm.key)


def _guesses(standing: Standing, arm: str) -> Guesses | None:
    """In pieces of the baseline's text; where the other side's are others, their shares were not compared."""
    kind = standing.experiments[standing.judgement.baseline].data.tokenizer
    return human.guesses(standing.judgement, arm, _UNITS[kind])


def _watts(standing: Standing, arm: str) -> Callable[[str, int], float]:
    """What a side's device drew on average while it trained, where that was measured."""
    keys = {"base": standing.judgement.baseline, "value": arm}
    figures = {(one.arm, one.seed): one.figures for one in standing.observations}

    def watts(side: str, seed: int) -> float:
        told = figures.get((keys[side], seed), {})
        joules, seconds = told.get("energy_joules", 0.0), told.get("train_seconds", 0.0)
        return joules / seconds if seconds > 0 else 0.0

    return watts


def dose_of(standing: Standing, arm: str) -> Setting | None:
    """The first number in which `arm` differs from the baseline, which could be swept; None where one was already."""
    if standing.comparison.dose:
        return None
    known = all_settings(REGISTRY)
    base, variant = standing.experiments[standing.judgement.baseline], standing.experiments[arm]
    numbers = (
        known[path]
        for path, value in differences(base, variant).items()
        if path in known and value is not None and known[path].kind in ("int", "float")
    )
    return next(numbers, None)


def curves_of(standing: Standing, arm: str) -> dict[int, Curve]:
    """The looks at validation text of every finished run of `arm`, by seed."""
    done = {one.seed for one in standing.observations if one.arm == arm and one.state == "done"}
    found = {seed: _curve(path) for (key, seed), path in standing.runs.items() if key == arm and seed in done}
    return {seed: curve for seed, curve in found.items() if curve.values}


def _curve(run_dir: Path) -> Curve:
    from gpulab.runs import columns  # brings numpy, which quick commands must not wait for

    read = columns.read(run_dir)
    rows = read.rows(_LOOKS)
    steps, tokens, seconds = (tuple(map(float, axis[rows])) for axis in (read.step, read.tokens, read.seconds))
    return Curve(steps, tokens, seconds, tuple(map(float, read.values(_LOOKS))))


def dose_points(standing: Standing) -> tuple[DosePoint, ...]:
    """What each dose of a sweep cost in quality; a dose whose runs diverged cost more than can be said."""
    comparison, judgement = standing.comparison, standing.judgement
    broken = {arm for arm, _, state in judgement.left_out if state == "diverged"}
    found = []
    for arm in comparison.arms if comparison.dose else ():
        dose = value_at(standing.experiments[arm.key], comparison.dose)
        change = judgement.of(arm.key, _QUALITY)
        if dose is None:
            continue
        if arm == comparison.baseline:
            found.append(DosePoint(dose, 0.0, 0.0, 0.0, "same"))
        elif change is not None:
            found.append(DosePoint(dose, change.change, change.low, change.high, _sure_word(change, arm.key in broken)))
        elif arm.key in broken:
            found.append(DosePoint(dose, math.inf))
    return tuple(sorted(found, key=lambda point: point.dose))


def _sure_word(change: Change, lost_some: bool) -> Word:
    """The word for a dose; one with which a run diverged is not safe because the other seeds came through."""
    return "too_few" if lost_some and change.word in ("same", "better") else change.word


def sweep_of(standing: Standing) -> tuple[Sweep | None, tuple[Saying, ...]]:
    """How far the dose can go, as figures and in words; nothing where no dose was asked for."""
    comparison = standing.comparison
    found = doses.last_safe(dose_points(standing), comparison.rules.equal_quality / 100.0)
    if found is None:
        return None, ()
    setting = all_settings(REGISTRY)[comparison.dose]
    return found, doses.sayings(found, setting.label, setting.unit)


def value_at(experiment: Experiment, path: str) -> float | None:
    """The number that `experiment` has at `path`; None where its technique is off."""
    inner: object = encode(experiment)
    for name in path.split("."):
        inner = inner.get(name) if isinstance(inner, dict) else None
    return float(inner) if isinstance(inner, int | float) and not isinstance(inner, bool) else None
