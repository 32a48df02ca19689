"""What "Make it fast" may change: settings that leave the training's arithmetic as it is, but for rounding.

Each candidate is a table of changes to the experiment. What the machine refuses, and what works there but cannot pay,
is listed with its reason and never tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import all_settings, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Value, settings_of
from gpulab.techniques import BY_NAME, REGISTRY, cautions, doubts, problems

LEVERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("techniques.precision.mode", ("bf16", "bf16_pure", "tf32", "fp16", "float8")),
    ("techniques.attention.kernel", ("fused", "naive")),
    ("techniques.optimizer_kernel.kernel", ("fused",)),
    ("techniques.data_transfer.text", ("device", "pinned")),
    ("techniques.compilation.mode", ("default", "reduce_overhead", "max_autotune")),
)
"""Settings of techniques with the choices to try, in this order: what compiling buys depends on all before it."""

REFERENCE = {
    "techniques.precision.mode": "fp32",
    "techniques.attention.kernel": "fused",
    "techniques.optimizer_kernel.kernel": "fused",
    "techniques.data_transfer.text": "device",
}
"""What an absent technique is the same as, bit for bit."""

BATCH = "training.batch_size"
RISKIEST = (BATCH, "techniques.precision.mode")
"""Levers that may cost quality, the most likely culprit first; all others only round in another order."""

_THREADS = "threads"
OPTIMIZER = "training.optimizer"
_OPTIMIZERS = ("adamw", "muon", "lion")
_LARGER = (2, 4, 8)
_ON_GPU_ONLY = (("techniques.compilation.mode", "max_autotune"),)  # minutes on a processor, for the same kernels


class Candidate(msgspec.Struct, frozen=True):
    """One value of the setting `lever`, with everything that has to change for it; `refused` says why it is not tried.

    `caution` tells that it would work.
    """

    lever: str
    choice: str
    changes: Mapping[str, Value]
    refused: Problem | None = None
    caution: bool = False


def candidates(experiment: Experiment, machine: Machine, batch: bool) -> Iterator[Candidate]:
    """Everything there is to try on `experiment`, lever by lever; larger batches only if asked for."""
    yield from _threads(experiment, machine)
    for path, choices in LEVERS:
        now = setting_now(experiment, path)
        for choice in choices:
            here = (path, choice) not in _ON_GPU_ONLY or machine.gpu(experiment.device)
            if choice != now and here:
                yield judged(Candidate(path, choice, _changes(experiment, path, choice)), experiment, machine)
    if batch:
        yield from _batches(experiment, machine)


def optimizers(experiment: Experiment, machine: Machine, rates: int) -> Iterator[Candidate]:
    """Optimizers with learning rates from the experiment's own up to ten times as much; not what it has now."""
    own = experiment.training
    tenfold = [10 ** (number / max(1, rates - 1)) for number in range(rates)]
    for name in dict.fromkeys((own.optimizer, *_OPTIMIZERS)):
        for times in tenfold:
            rate = float(f"{own.learning_rate * times:.2g}")
            if (name, rate) != (own.optimizer, own.learning_rate):
                changes: dict[str, Value] = {OPTIMIZER: name, "training.learning_rate": rate}
                yield judged(Candidate(OPTIMIZER, f"{name} {rate:g}", changes), experiment, machine)


def batches_around(experiment: Experiment, machine: Machine) -> list[list[Candidate]]:
    """Smaller batches, then larger ones, each further away than the one before it."""
    own = experiment.training.batch_size
    sizes = ([own // 2, own // 4], [own * 2, own * 4])
    return [
        [judged(Candidate(BATCH, str(size), {BATCH: size}), experiment, machine) for size in direction if size]
        for direction in sizes
    ]


def setting_now(experiment: Experiment, path: str) -> str:
    """What the experiment has there; of a technique that is off, what it does without it."""
    _, name, field = path.split(".")
    settings = experiment.techniques.get(name)
    return REFERENCE.get(path, "") if settings is None else str(getattr(settings, field))


def words_of(lever: str, choice: str) -> str:
    """What a person calls that choice."""
    setting = all_settings(REGISTRY)[lever]
    place = lever.rpartition(".")[0].removeprefix("techniques.")
    words = BY_NAME[place].label if place in BY_NAME else setting.label
    name, _, rate = choice.partition(" ")
    return f"{words}: {setting.label_of(name)}" + (f", learning rate {rate}" if rate else "")


def applied(experiment: Experiment, changes: Mapping[str, Value]) -> Experiment:
    """`experiment` with `changes`. Raises BadInput where the rest of it does not allow them."""
    return with_values(experiment, changes, REGISTRY)


def judged(candidate: Candidate, experiment: Experiment, machine: Machine) -> Candidate:
    """`candidate` with the reason why it is not tried on `experiment`, where there is one."""
    device = machine.resolved(experiment.device)
    try:
        changed = applied(experiment, candidate.changes)
    except BadInput as bad:
        return msgspec.structs.replace(candidate, refused=bad.problems[0])
    if impossible := next(problems(changed, machine), None):
        return msgspec.structs.replace(candidate, refused=impossible)
    before = list(doubts(experiment, machine))
    doubtful = [
        *_cautioned(candidate, machine, device),
        *(one for one in doubts(changed, machine) if one not in before),
    ]
    return msgspec.structs.replace(candidate, refused=doubtful[0], caution=True) if doubtful else candidate


def _cautioned(candidate: Candidate, machine: Machine, device: str) -> Iterator[Problem]:
    place, _, field = candidate.lever.rpartition(".")
    if (name := place.removeprefix("techniques.")) in BY_NAME:
        for setting, choice, problem in cautions(BY_NAME[name], machine, device):
            if (setting, choice) == (field, candidate.choice):
                yield problem


def _changes(experiment: Experiment, path: str, choice: str) -> dict[str, Value]:
    """Choosing something of a technique that is off switches it on, with all else as it is by default."""
    place = path.rpartition(".")[0]
    name = place.removeprefix("techniques.")
    if name in experiment.techniques:
        return {path: choice}
    defaults = {setting.path: setting.default for setting in settings_of(REGISTRY[name], place)}
    return {place: True, **defaults, path: choice}


def _threads(experiment: Experiment, machine: Machine) -> Iterator[Candidate]:
    """Every core, though the window then waits for one, and half of them: small models are slowed by many."""
    if machine.gpu(experiment.device):
        return
    now = machine.threads(experiment.threads)
    for count in dict.fromkeys((machine.cores, max(1, machine.cores // 2))):
        if count != now:
            yield judged(Candidate(_THREADS, str(count), {_THREADS: count}), experiment, machine)


def _batches(experiment: Experiment, machine: Machine) -> Iterator[Candidate]:
    """Larger batches that read the same text in fewer steps."""
    training = experiment.training
    for times in _LARGER:
        if training.steps >= times:
            changes: dict[str, Value] = {BATCH: training.batch_size * times, "training.steps": training.steps // times}
            yield judged(Candidate(BATCH, str(training.batch_size * times), changes), experiment, machine)
