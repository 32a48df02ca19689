"""A plain search over learning rate and batch: a given number of short runs, each judged on held-out text.

Optuna's tree-structured Parzen estimator (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS
2011) draws the settings, seeded by the experiment. Every run reads equally much text, so a larger batch takes fewer
steps. The last runs repeat the best setting and the next best under other seeds: a lead is only worth its name where
it is larger than what chance alone does.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence

import torch

from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Search, powers
from gpulab.spec.problem import BadInput
from gpulab.techniques import BY_NAME

Setting = tuple[float, int]
"""Learning rate and batch."""

_HOPELESS = 1e6  # the loss of a run that diverged or ran out of memory, as the search sees it
_ALIKE = 1.25  # learning rates within this factor of each other are one setting
_CONFIDENCE = 0.95


def planned(settings: Search) -> int:
    """The budget, repeats included."""
    return settings.trials


def repeats(trials: int) -> int:
    """How many further seeds the best two settings get, out of a budget of `trials`."""
    return 2 if trials >= 8 else 1 if trials >= 4 else 0


def measure(place: Workplace, settings: Search) -> None:
    """Notes learning rate, batch, seed, validation loss and seconds of each short run."""
    experiment = place.experiment
    seed = experiment.training.seed
    again = repeats(settings.trials)
    own = (experiment.training.learning_rate, experiment.training.batch_size)
    check_shortest(experiment, settings)
    _run(place, settings, own, seed, "own")
    _explore(place, settings, settings.trials - 2 * again - 1)
    rivals = [setting for setting, _ in ranked(place.trials)[:2]]
    for further in range(1, again + 1):
        for setting in rivals:
            _run(place, settings, setting, seed + further, "repeat")


def _explore(place: Workplace, settings: Search, count: int) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=place.experiment.training.seed, n_startup_trials=max(3, count // 3))
    study = optuna.create_study(sampler=sampler, direction="minimize")
    exponents, batch = powers(settings), place.experiment.training.batch_size
    for _ in range(count):
        trial = study.ask()
        rate = trial.suggest_float("learning_rate", settings.lowest_rate, settings.highest_rate, log=True)
        if settings.vary == "rate_and_batch":
            batch = 2 ** trial.suggest_int("batch_exponent", exponents[0], exponents[-1])
        loss = _run(place, settings, (float(f"{rate:.3g}"), batch), place.experiment.training.seed, "search")
        study.tell(trial, loss if math.isfinite(loss) else _HOPELESS)


def steps_for(experiment: Experiment, settings: Search, batch: int) -> int:
    """Steps of a short run with `batch`: together they read as much as `settings.steps` of the experiment's own."""
    return max(1, round(settings.steps * experiment.training.batch_size / batch))


def check_shortest(experiment: Experiment, settings: Search) -> None:
    """Raises BadInput where the techniques' rules do not allow as few steps as the largest batch takes."""
    own = experiment.training.batch_size
    batch = max(2 ** powers(settings)[-1], own) if settings.vary == "rate_and_batch" else own
    shortest = with_training(experiment, steps=steps_for(experiment, settings, batch), batch_size=batch)
    broken = [
        problem for name, chosen in experiment.techniques.items() for problem in BY_NAME[name].rules(chosen, shortest)
    ]
    if broken:
        raise BadInput(*broken)


def _run(place: Workplace, settings: Search, setting: Setting, seed: int, why: str) -> float:
    """One short run; returns its validation loss, which is not finite where it diverged or found no memory."""
    place.check()
    rate, batch = setting
    steps = steps_for(place.experiment, settings, batch)
    experiment = with_training(place.experiment, learning_rate=rate, batch_size=batch, steps=steps, seed=seed)
    outcome, began = why, time.perf_counter()
    try:
        loss = place.trained(experiment)
    except torch.OutOfMemoryError:
        loss, outcome = math.nan, "out_of_memory"
    if place.device.type == "cuda":
        torch.cuda.empty_cache()
    values = {"learning_rate": rate, "batch_size": float(batch), "seed": float(seed), "steps": float(steps)}
    place.note({**values, "val_loss": loss, "run_s": time.perf_counter() - began}, {"stage": outcome})
    return loss


def ranked(trials: Sequence[Trial]) -> list[tuple[Setting, list[float]]]:
    """Settings with their losses over seeds, the best mean first; rates that are nearly alike count as one.

    Only settings with as many seeds as the most repeated one are compared in the end; before, all have one.
    """
    losses: dict[Setting, list[float]] = {}
    for trial in trials:
        if (loss := trial.values["val_loss"]) is not None:
            setting = (trial.values["learning_rate"] or 0.0, int(trial.values["batch_size"] or 0))
            losses.setdefault(setting, []).append(loss)
    most = max(map(len, losses.values()), default=0)
    ordered = sorted(losses.items(), key=lambda item: (len(item[1]) < most, statistics.fmean(item[1])))
    kept: list[tuple[Setting, list[float]]] = []
    for setting, found in ordered:
        if not any(alike(setting, other) for other, _ in kept):
            kept.append((setting, found))
    return kept


def alike(one: Setting, other: Setting) -> bool:
    """Whether two settings differ too little to be told apart by name."""
    apart = max(one[0], other[0]) / max(min(one[0], other[0]), 1e-30)
    return one[1] == other[1] and apart <= _ALIKE


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Search) -> list[Suggestion]:
    """The best setting, with its lead over the next best, measured against what chance does."""
    order = ranked(trials)
    if not order:
        return [Suggestion(key="search_none_learned")] if trials else []
    (rate, batch), losses = order[0]
    arguments = {"rate": rate, "batch": batch, "loss": round(statistics.fmean(losses), 4)}
    changes = {"training.learning_rate": rate, "training.batch_size": batch}
    if len(order) == 1:
        return [Suggestion(key="search_only_one", arguments=arguments, changes=changes)]
    (next_rate, next_batch), others = order[1]
    lead = statistics.fmean(others) - statistics.fmean(losses)
    rival = {"next_rate": next_rate, "next_batch": next_batch, "lead": round(lead, 4)}
    key, noise = _verdict(losses, others, lead)
    found = {**arguments, **rival, **({"noise": round(noise, 4)} if noise is not None else {})}
    return [Suggestion(key=key, arguments=found, changes=changes)]


def _verdict(losses: Sequence[float], others: Sequence[float], lead: float) -> tuple[str, float | None]:
    """Whether the lead is larger than chance, by Welch's comparison of two means, and how large chance is."""
    if min(len(losses), len(others)) < 2:
        return "search_noise_unknown", None
    from scipy import stats

    result = stats.ttest_ind(others, losses, equal_var=False).confidence_interval(_CONFIDENCE)
    half = float(result.high - result.low) / 2
    return ("search_clear" if lead > half else "search_too_close"), half
