"""The window may not ask techniques themselves, so their cards come from here as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting


class Card(msgspec.Struct, frozen=True):
    """One technique as a person meets it."""

    name: str
    label: str
    summary: str
    promise: str
    risk: str
    sources: tuple[str, ...]
    settings: tuple[Setting, ...]

    @property
    def path(self) -> str:
        return f"techniques.{self.name}"


class Reason(msgspec.Struct, frozen=True):
    """Why one choice of a setting cannot be used, or cannot pay, on a device."""

    path: str
    choice: str
    problem: Problem


def cards(settings: Mapping[str, Setting]) -> tuple[Card, ...]:
    """Every technique's card, in the order in which techniques apply."""
    from gpulab.techniques import BY_NAME  # here and below: the first paint must not wait for the techniques

    return tuple(
        Card(
            name=technique.name,
            label=technique.label,
            summary=technique.summary,
            promise=technique.promise,
            risk=technique.risk,
            sources=technique.sources,
            settings=tuple(s for path, s in settings.items() if path.startswith(f"techniques.{technique.name}.")),
        )
        for technique in BY_NAME.values()
    )


def unusable_here(name: str, machine: Machine, device: str) -> tuple[Reason, ...]:
    """The choices of the technique `name` that cannot be used on `device`."""
    from gpulab.techniques import BY_NAME, unusable

    return tuple(_reasons(name, unusable(BY_NAME[name], machine, device)))


def cautions_here(name: str, machine: Machine, device: str) -> tuple[Reason, ...]:
    """The choices of the technique `name` that work on `device` but cannot pay there."""
    from gpulab.techniques import BY_NAME, cautions

    return tuple(_reasons(name, cautions(BY_NAME[name], machine, device)))


def _reasons(name: str, found: Iterator[tuple[str, str, Problem]]) -> Iterator[Reason]:
    for setting, choice, problem in found:
        yield Reason(f"techniques.{name}.{setting}", choice, problem)
