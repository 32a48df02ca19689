"""One lever after the other: each candidate trains in turns with the best so far and stays if it proves faster."""

from __future__ import annotations

from gpulab.analysis.speedups import pace, pays_after
from gpulab.engine.desk import Stopped
from gpulab.engine.jobs.tuned import changes_of, kept, names_of
from gpulab.engine.jobs.windows import Side, in_turns, tidy_up
from gpulab.engine.jobs.workplace import Workplace
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.spec.problem import BadInput, Problem
from gpulab.techniques.levers import BATCH, Candidate, applied, candidates, judged

_COMPILATION = "compilation"


def pull_levers(place: Workplace, settings: Tune) -> None:
    """Notes of each candidate what it brought, or why it was not tried."""
    machine = this_machine()
    best = Side(place, place.experiment)
    step_s = best.window(settings.trial_s)
    place.note({"step_s": step_s, "tokens_per_s": place.experiment.tokens_per_step / step_s}, {"stage": "own"})
    done_with = ""
    for listed in candidates(place.experiment, machine, settings.batch and settings.goal == "speed"):
        candidate = judged(listed, best.experiment, machine) if listed.refused is None else listed
        if candidate.lever == done_with:
            continue
        if candidate.refused is not None:
            outcome = "caution" if candidate.caution else "refused"
            place.note({}, names_of("lever", candidate, outcome, candidate.refused))
            continue
        better = _tried(place, settings, candidate, best)
        if better is not None:
            best = better
        elif candidate.lever == BATCH:  # still larger ones would not bring more
            done_with = BATCH
        tidy_up(place.device)


def _tried(place: Workplace, settings: Tune, candidate: Candidate, best: Side) -> Side | None:
    """The candidate's side if it is to take the place of the best so far."""
    import torch

    experiment = applied(best.experiment, candidate.changes)
    try:
        side = Side(place, experiment)
        if _COMPILATION in best.experiment.techniques or _COMPILATION in experiment.techniques:
            best.warm_up()  # what one compiles makes the other forget what it had compiled
            side.warm_up()
        ratio, before_s, after_s = in_turns(best, side, settings)
    except Stopped:
        raise
    except torch.OutOfMemoryError:
        place.note({}, names_of("lever", candidate, "failed", Problem("tune_no_memory")))
        return None
    except Exception as error:  # a kernel that does not compile here ends this candidate, not the job
        place.note({}, names_of("lever", candidate, "failed", reason_of(error)))
        return None
    figures = {"ratio": ratio.value, "low": ratio.low, "high": ratio.high, "step_s": after_s, "step_before_s": before_s}
    outcome: str = pace(ratio)
    if _COMPILATION in experiment.techniques and _COMPILATION not in best.experiment.techniques:
        needed = pays_after(side.setup_s, before_s, after_s)
        figures |= {"setup_s": side.setup_s, **({"pays_after": float(needed)} if needed is not None else {})}
        if outcome == "kept" and needed is not None and needed >= experiment.training.steps:
            outcome = "too_short"
    place.note(figures, names_of("lever", candidate, outcome))
    return side if outcome == "kept" else None


def reason_of(error: Exception) -> Problem:
    """What a candidate broke on, as a sentence's key."""
    if isinstance(error, BadInput):
        return error.problems[0]
    line = (str(error).strip().splitlines() or [""])[0]
    return Problem("tune_broke", arguments={"error": f"{type(error).__name__}: {line}"})


def with_kept(place: Workplace) -> Experiment:
    """The experiment with the levers that are kept so far."""
    return applied(place.experiment, changes_of(kept(place.trials)))
