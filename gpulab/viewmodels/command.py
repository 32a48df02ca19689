"""The lines to type in a terminal that make a run, or the form's experiment, again.

An experiment without a file of its own begins as the preset it differs least from. On Windows the lines mean the same
to the old command prompt and to PowerShell; what cannot be said to both is refused, as no shell takes every character.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from gpulab.spec.decode import Table, encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import SUFFIX
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.spec.problem import refuse
from gpulab.spec.setting import Value

Line = list[str]
"""A command in words, as a program gets them; `as_text` makes it safe to type."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:\\=+-]+")  # what no shell of Windows understands as anything but itself
_UNSAYABLE = re.compile('["%$`\r\n\0“”„]|\\\\$')  # within double quotes these still mean something, to one or another


def of_experiment(experiment: Experiment, file: Path | None = None, saved: Experiment | None = None) -> list[Line]:
    """The commands that run `experiment`; its `file` holds `saved`, from which it may differ by now."""
    if file is not None and saved is not None:
        return [["gpulab", "run", str(file), *overrides(saved, experiment)]]
    begun, name, changes = beginning(experiment)
    return [begun, ["gpulab", "run", name, *changes]]


def beginning(experiment: Experiment) -> tuple[Line, str, Line]:
    """The command that writes the nearest preset to a file, that file's name, and the options that change the rest."""
    preset, changes = min(
        ((name, overrides(experiment_from(name), experiment)) for name in PRESETS), key=lambda found: len(found[1])
    )
    slug = re.sub(r"[^a-z0-9]+", "-", experiment.name.lower()).strip("-")[:40] or "experiment"
    name = f"{slug}{SUFFIX}"
    return ["gpulab", "init", preset, "--out", name], name, changes


def overrides(base: Experiment, wanted: Experiment) -> Line:
    """`--set` with each setting in which `wanted` differs from `base`."""
    return [word for change in differences(base, wanted) for word in ("--set", change)]


def differences(base: Experiment, wanted: Experiment) -> Iterator[str]:
    """`path=value` for each setting in which `wanted` differs from `base`, techniques switched before they are set."""
    before, after = encode(base), encode(wanted)
    techniques_before, techniques_after = before.pop("techniques"), after.pop("techniques")
    yield from _differing(before, after, "")
    for name in techniques_before:
        if name not in techniques_after:
            yield f"techniques.{name}=off"
    for name, settings in techniques_after.items():
        known = techniques_before.get(name)
        if known is None:
            yield f"techniques.{name}=on"
            known = _defaults(wanted, name)
        yield from _differing(known, settings, f"techniques.{name}.")


def _defaults(experiment: Experiment, technique: str) -> Table:
    """The settings that `technique` has where it is only switched on."""
    table: Table = msgspec.to_builtins(type(experiment.techniques[technique])())
    return table


def _differing(before: Table, after: Table, prefix: str) -> Iterator[str]:
    for name, value in after.items():
        if isinstance(value, dict):
            yield from _differing(before[name], value, f"{prefix}{name}.")
        elif value != before[name]:
            yield f"{prefix}{name}={written(value)}"


def written(value: Value) -> str:
    """A value as `--set` reads it back."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_text(lines: Iterable[Sequence[str]], windows: bool = sys.platform == "win32") -> str:
    """The lines with every word quoted where it must be. Raises BadInput `command_cannot_say`."""
    return "\n".join(" ".join(map(_for_windows if windows else _for_posix, line)) for line in lines)


def _for_posix(word: str) -> str:
    if "\0" in word:
        raise refuse("command_cannot_say", word=word)
    return shlex.quote(word)


def _for_windows(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    if _UNSAYABLE.search(word):
        raise refuse("command_cannot_say", word=word)
    return f'"{word}"'
