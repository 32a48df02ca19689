"""Nothing is trained twice: which arms of a comparison take the models that another one trained."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from gpulab.hardware.machine import this_machine
from gpulab.spec.comparison import Arm
from gpulab.spec.decode import with_value
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import experiment_hash
from gpulab.techniques import REGISTRY, chosen, problems
from gpulab.techniques.base import PHASES, overrides

_TRANSFER = "transfer"
_OF_STEPS = {"edit_optimizer", "lr_factor", "edit_batch", "edit_loss", "after_backward", "after_step"}
"""Phases that a training of no steps does not come to, or has no use for."""


def arranged(names: Mapping[str, str], experiments: Mapping[str, Experiment]) -> tuple[Arm, ...]:
    """The arms, arranged so that nothing is trained twice: who only compresses takes the model that another trained.

    Where that is a single one for the baseline, its own runs hold what the baseline needs, and a run is spared too.
    """
    base, *_ = experiments
    starts = {
        key: origin
        for key, experiment in experiments.items()
        for origin, plain in experiments.items()
        if origin != key and serves_both(plain, experiment) and _can_start(experiment)
    }
    alone = [
        key for key, experiment in experiments.items() if key != base and serves_both(experiments[base], experiment)
    ]
    if len(alone) == 1:
        starts.pop(alone[0], None)
        reading = Arm(base, names[base], "trained", alone[0])
    else:
        reading = Arm(base, names[base])
    others = [Arm(key, names[key], starts_from=starts.get(key, "")) for key in experiments if key != base]
    return (reading, *others)


def starting_from(experiment: Experiment, run_dir: str) -> Experiment:
    """`experiment` on the trained model of the run at `run_dir`, which it only compresses and judges.

    Techniques that act in steps alone are left out: there are none, and a warm-up, say, does not fit into none.
    """
    training = msgspec.structs.replace(experiment.training, steps=0)
    idle = [one.name for one in chosen(experiment) if {phase for phase in PHASES if overrides(one, phase)} <= _OF_STEPS]
    kept = {name: settings for name, settings in experiment.techniques.items() if name not in idle}
    bare = msgspec.structs.replace(experiment, training=training, techniques=MappingProxyType(kept))
    return with_value(bare, f"techniques.{_TRANSFER}.start_from", run_dir, REGISTRY)


def serves_both(base: Experiment, variant: Experiment) -> bool:
    """Whether the runs of `variant` hold those of `base`: it adds nothing but what acts on a copy after training."""
    if any(technique.compresses() for technique in chosen(base)):
        return False
    trains = {one.name: variant.techniques[one.name] for one in chosen(variant) if not one.only_compresses()}
    same = msgspec.structs.replace(variant, techniques=MappingProxyType(trains))
    return experiment_hash(same) == experiment_hash(base)


def _can_start(experiment: Experiment) -> bool:
    """Whether `experiment` could take a trained model as it is: with no step of its own, as a single process."""
    found = problems(starting_from(experiment, ""), this_machine())
    together = any(technique.workers() > 1 for technique in chosen(experiment))
    return not together and all(problem.key == "origin_not_named" for problem in found)
