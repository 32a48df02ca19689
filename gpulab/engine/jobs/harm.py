"""Whether what is faster still learns as well: trained on equally much text, against the experiment as it was.

Levers are dropped until the rest is proven harmless: those that may cost quality first, then whatever was added last.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gpulab.analysis.speedups import quality
from gpulab.engine.jobs.pulling import with_kept
from gpulab.engine.jobs.tuned import as_many_tokens, checked_steps, choice_of, kept, least_seeds
from gpulab.engine.jobs.windows import thread_count, tidy_up
from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.events.documents import Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.techniques.levers import RISKIEST


def drop_what_harms(place: Workplace, settings: Tune) -> None:
    """Notes each training's validation loss, and after each round over the seeds what that proves."""
    steps = checked_steps(place.experiment, settings)
    seeds = [place.experiment.training.seed + more for more in range(settings.seeds)]
    own: list[float] = []
    while levers := kept(place.trials):
        tuned, after = with_kept(place), list[float]()
        length = as_many_tokens(steps, place.experiment, tuned)
        for number, seed in enumerate(seeds):
            if number == len(own):
                own.append(_trained(place, place.experiment, steps, seed, "own"))
            after.append(_trained(place, tuned, length, seed, "tuned"))
            found = quality(own[: len(after)], after, settings.equal_quality, last=seed == seeds[-1])
            if len(after) >= least_seeds(settings) and found.word != "unproven":
                break
        dropped = "" if found.word == "equal" else culprit(levers)
        figures = {"change": found.change.value, "low": found.change.low, "high": found.change.high}
        place.note(
            {**figures, "seeds": float(len(after)), "steps": float(steps)},
            {"stage": "check", "outcome": found.word, "dropped": dropped},
        )
        if not dropped:
            return


def culprit(levers: Sequence[Trial]) -> str:
    """Of the `levers` that are kept, the one most likely to cost quality."""
    named = {trial.names["lever"]: choice_of(trial) for trial in levers}
    return next((named[path] for path in RISKIEST if path in named), list(named.values())[-1])


def _trained(place: Workplace, experiment: Experiment, steps: int, seed: int, side: str) -> float:
    place.check()
    with thread_count(experiment):
        loss = place.trained(with_training(experiment, steps=steps, seed=seed))
    tidy_up(place.device)
    torch._dynamo.reset()
    place.note({"seed": float(seed), "val_loss": loss, "steps": float(steps)}, {"stage": "seed", "side": side})
    return loss
