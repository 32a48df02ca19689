"""The same quality sooner: optimizers, learning rates and batches race to the loss of the experiment as it was.

With the experiment's own seed first, each racer given up once it took longer than the best before it. The winner then
races against the experiment as it was with every seed, piece by piece in turn, so that a slow moment slows both.
"""

from __future__ import annotations

from gpulab.analysis.speedups import FLOOR, times_sooner
from gpulab.engine.desk import Stopped
from gpulab.engine.jobs.harm import culprit
from gpulab.engine.jobs.pulling import reason_of, with_kept
from gpulab.engine.jobs.racer import Racer
from gpulab.engine.jobs.tuned import (
    as_many_tokens,
    changes_of,
    checked_steps,
    choice_of,
    gains,
    kept,
    least_seeds,
    names_of,
    of_stage,
    races_won,
)
from gpulab.engine.jobs.windows import Side, tidy_up
from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.techniques.levers import Candidate, applied, batches_around, optimizers

_COMPILATION = "compilation"
_BESIDE_S = 0.05
_MARGIN = 1.25  # times the best time so far: what takes longer has lost the race


def reach(place: Workplace, settings: Tune) -> None:
    """Notes how long each candidate took to the loss of the experiment as it was, then the winner's races."""
    fast = with_kept(place)
    length = checked_steps(place.experiment, settings)
    own = Racer(place, with_training(place.experiment, steps=length))
    while not own.finished:
        own.go_on()
    target = own.losses[-1][1]
    place.note({"val_loss": target, "steps": float(length), "seconds": length * own.step_s}, {"stage": "target"})
    track = _Track(place, length, target, own.step_s)
    machine, best = this_machine(), length * own.step_s
    if fast != place.experiment:
        best = track.race(fast, Candidate("", "", {}), best) or best
    for candidate in optimizers(fast, machine, settings.rates):
        best = track.race(fast, candidate, best) or best
    best = _without_what_slows_learning(place, track, best)
    fast = applied(with_kept(place), changes_of(races_won(place.trials)))
    for direction in batches_around(fast, machine):
        for candidate in direction:
            sooner = track.race(fast, candidate, best)
            if sooner is None:
                break
            best = sooner
    _drop_what_starts_too_slowly(place, best)
    if kept(place.trials) or races_won(place.trials):
        _confirm(place, settings, length)


class _Track:
    """Where candidates race with one seed. The experiment as it was goes on beside them, to tell what a step costs."""

    def __init__(self, place: Workplace, length: int, target: float, step_s: float) -> None:
        self._place, self._length, self._target, self._step_s = place, length, target, step_s
        self._beside = Side(place, place.experiment)

    def race(self, fast: Experiment, candidate: Candidate, best_s: float) -> float | None:
        """Seconds until `candidate` reached the target; None where that took longer than the best so far."""
        self._place.check()
        if candidate.refused is not None:
            outcome = "caution" if candidate.caution else "refused"
            self._place.note({}, names_of("race", candidate, outcome, candidate.refused))
            return None
        try:
            seconds, figures = self._run(applied(fast, candidate.changes), best_s)
        except Stopped:
            raise
        except Exception as error:
            self._place.note({}, names_of("race", candidate, "failed", reason_of(error)))
            return None
        finally:
            tidy_up(self._place.device)
        won = seconds is not None and seconds < best_s
        self._place.note(figures, names_of("race", candidate, "kept" if won else "not_sooner"))
        return seconds if won else None

    def _run(self, experiment: Experiment, best_s: float) -> tuple[float | None, dict[str, float]]:
        """The seconds, None where it was given up, and what there is to say of the race."""
        racer = Racer(self._place, _as_long(self._place, experiment, self._length))
        if _COMPILATION in self._place.experiment.techniques:
            self._beside.warm_up()
        beside: list[float] = []
        steps, cost_s = None, 0.0
        while not racer.finished and steps is None and racer.steps * cost_s <= _MARGIN * best_s:
            racer.go_on()
            beside.append(self._beside.window(_BESIDE_S))
            steps, cost_s = racer.steps_to(self._target), racer.cost(beside) * self._step_s
        training = experiment.training
        figures = {"learning_rate": training.learning_rate, "batch_size": float(training.batch_size), "step_s": cost_s}
        figures |= {"val_loss": racer.losses[-1][1], "steps": float(racer.steps) if steps is None else steps}
        if steps is None:
            return None, figures
        return steps * cost_s, {**figures, "seconds": steps * cost_s, "ratio": best_s / (steps * cost_s)}


def _without_what_slows_learning(place: Workplace, track: _Track, best_s: float) -> float:
    """Races once more without the lever most likely to cost quality, and drops it where that is sooner."""
    levers = kept(place.trials)
    if not levers:
        return best_s
    dropped = culprit(levers)
    rest = [trial for trial in gains(place.trials) if choice_of(trial) != dropped]
    plainer = applied(place.experiment, changes_of([*rest, *races_won(place.trials)]))
    sooner = track.race(plainer, Candidate("", "", {}), best_s)
    if sooner is None:
        return best_s
    place.note({"seconds": sooner}, {"stage": "check", "outcome": "harmful", "dropped": dropped})
    return sooner


def _drop_what_starts_too_slowly(place: Workplace, best_s: float) -> None:
    """A compiler that would pay over the whole training may not over the short one that is left of it."""
    for trial in kept(place.trials):
        setup_s, ratio = trial.values.get("setup_s") or 0.0, trial.values["ratio"] or 1.0
        saved_s = best_s * (ratio - 1)
        if setup_s > saved_s:
            figures = {"setup_s": setup_s, "saved_s": saved_s}
            place.note(figures, {"stage": "check", "outcome": "too_short", "dropped": choice_of(trial)})


def _setup_s(place: Workplace) -> float:
    return sum(trial.values.get("setup_s") or 0.0 for trial in kept(place.trials))


def _confirm(place: Workplace, settings: Tune, length: int) -> None:
    """The winner against the experiment as it was, with every seed."""
    winner = applied(with_kept(place), changes_of(races_won(place.trials)))
    own_s: list[float] = []
    winner_s: list[float] = []
    for more in range(settings.seeds):
        seed = place.experiment.training.seed + more
        own = Racer(place, with_training(place.experiment, steps=length, seed=seed))
        new = Racer(place, with_training(_as_long(place, winner, length), seed=seed))
        while not own.finished:
            own.go_on()
            if not new.finished:
                new.go_on()
        target = own.losses[-1][1]
        while not new.finished and new.steps_to(target) is None:
            new.go_on()
        steps = new.steps_to(target)
        own_s.append(length * own.step_s)
        figures = {"seed": float(seed), "val_loss": target, "own_s": own_s[-1]}
        tidy_up(place.device)
        if steps is None:
            place.note(figures, {"stage": "seed_race", "outcome": "not_reached"})
            return
        winner_s.append(steps * new.cost(own.pieces) * own.step_s + _setup_s(place))
        figures |= {"seconds": winner_s[-1], "steps": steps, "ratio": own_s[-1] / winner_s[-1]}
        place.note(figures, {"stage": "seed_race", "outcome": "reached"})
        if len(own_s) >= least_seeds(settings) and times_sooner(own_s, winner_s).low > FLOOR:
            break
    found = times_sooner(own_s, winner_s)
    most = max(trial.values["steps"] or 0.0 for trial in of_stage(place.trials, "seed_race"))
    place.note(
        {"ratio": found.value, "low": found.low, "high": found.high, "steps": most, "seeds": float(len(own_s))},
        {"stage": "together"},
    )


def _as_long(place: Workplace, experiment: Experiment, length: int) -> Experiment:
    return with_training(experiment, steps=as_many_tokens(length, place.experiment, experiment))
