"""Some text settings have a few sensible values on this machine, which are better picked than typed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting
from gpulab.viewmodels.cards import Reason, unusable_here


class Option(msgspec.Struct, frozen=True):
    """One entry of a list to pick from. `key` and `arguments` make its words; `reason` says why it cannot be used."""

    value: str
    label: str
    arguments: dict[str, str] = {}
    reason: Problem | None = None


def options(setting: Setting, machine: Machine, device: str) -> tuple[Option, ...]:
    """What can be picked for `setting` when training on `device`; nothing where it is to be typed."""
    if setting.path == "device":
        return tuple(_devices(machine))
    if setting.kind != "choice":
        return ()
    reasons = {reason.choice: reason.problem for reason in _reasons(setting, machine, device)}
    return tuple(Option(choice, setting.label_of(choice), reason=reasons.get(choice)) for choice in setting.choices)


def _reasons(setting: Setting, machine: Machine, device: str) -> Sequence[Reason]:
    parts = setting.path.split(".")
    if parts[0] != "techniques":
        return ()
    return [reason for reason in unusable_here(parts[1], machine, device) if reason.path == setting.path]


def _devices(machine: Machine) -> list[Option]:
    best = machine.gpu("auto")
    first = Option("auto", "Best here: {name}", {"name": best.name}) if best else Option("auto", "Best here: processor")
    gpus = [
        Option(f"cuda:{gpu.index}", "GPU {index}: {name}", {"index": str(gpu.index), "name": gpu.name})
        for gpu in machine.gpus
    ]
    missing = Option("cuda", "NVIDIA GPU", reason=Problem("needs_nvidia_gpu", "device"))
    return [first, Option("cpu", "Processor"), *(gpus or [missing])]
