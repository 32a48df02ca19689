"""What this machine has, with the reason for every option that cannot be used on it."""

from __future__ import annotations

import argparse
import platform
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from gpulab import __version__
from gpulab.cli.output import give, give_json, size
from gpulab.hardware.libraries import versions
from gpulab.hardware.machine import Machine, this_machine
from gpulab.runs.home import home
from gpulab.spec.problem import Problem
from gpulab.techniques import BY_NAME, cautions, unusable
from gpulab.words import explain

_LIBRARIES = ("torch", "torchao", "numpy", "safetensors", "msgspec", "scipy", "PySide6-Essentials", "pyqtgraph")


def add_verbs(verbs: Any) -> None:
    doctor = verbs.add_parser("doctor", help="say what this machine has and which options it cannot use")
    doctor.add_argument("--json", action="store_true", help="print one object")
    doctor.set_defaults(do=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    found = examine(this_machine())
    if options.json:
        give_json(found)
    else:
        give(_in_words(found))
    return 0


def examine(machine: Machine) -> dict[str, Any]:
    """Device, memory, libraries, options that cannot be used here, options that cannot pay here."""
    libraries = versions(_LIBRARIES)
    return {
        "gpulab": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": machine.processor,
        "cores": machine.cores,
        "threads": machine.threads(0),
        "memory_bytes": machine.memory_bytes,
        "device": machine.resolved("auto"),
        "device_name": machine.device_name("auto"),
        "gpus": [msgspec.to_builtins(gpu) for gpu in machine.gpus],
        "home": str(home()),
        "disk_free_bytes": _disk_free(home()),
        "libraries": libraries,
        "problems": [explain(problem) for problem in _problems(machine, libraries)],
        "unusable": list(_options(machine, unusable)),
        "cautions": list(_options(machine, cautions)),
    }


def _problems(machine: Machine, libraries: dict[str, str | None]) -> Iterator[Problem]:
    for library, version in libraries.items():
        if version is None:
            yield Problem("needs_library", "", {"library": library})
    if machine.unused_gpu:
        yield Problem("torch_without_cuda", "", {"gpu": machine.unused_gpu})


def _options(machine: Machine, asked: Callable[..., Iterator[tuple[str, str, Problem]]]) -> Iterator[dict[str, str]]:
    for technique in BY_NAME.values():
        for setting, choice, problem in asked(technique, machine, machine.resolved("auto")):
            part = f".{setting}={choice}" if setting else ""
            yield {
                "option": f"techniques.{technique.name}{part}",
                "key": problem.key,
                "reason": explain(problem),
            }


def _disk_free(path: Path) -> int:
    """Free bytes where `path` is, or will be."""
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    return shutil.disk_usage(existing).free


def _in_words(found: dict[str, Any]) -> str:
    lines = [
        f"GPU Lab {found['gpulab']}, Python {found['python']}, {found['system']}",
        f"Device: {found['device']} ({found['device_name']})",
        f"Processor: {found['processor']}, {found['cores']} cores, {found['threads']} of them for training",
        f"Memory: {size(found['memory_bytes'])}",
        *(f"GPU {gpu['index']}: {gpu['name']}, {size(gpu['memory_bytes'])}" for gpu in found["gpus"]),
        f"Runs: {found['home']}, {size(found['disk_free_bytes'])} free",
        "Libraries: " + ", ".join(f"{name} {version or 'missing'}" for name, version in found["libraries"].items()),
        *(f"Problem: {problem}" for problem in found["problems"]),
    ]
    for heading, key in (("Cannot be used here", "unusable"), ("Works here, but cannot pay", "cautions")):
        if found[key]:
            lines += [f"{heading}:", *(f"  {one['option']}: {one['reason']}" for one in found[key])]
    return "\n".join(lines)
