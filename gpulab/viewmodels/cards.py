"""The window may not ask techniques themselves, so their cards come from here as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.spec.setting import Setting


class Card(msgspec.Struct, frozen=True):
    """One technique as a person meets it."""

    name: str
    family: str
    label: str
    summary: str
    promise: str
    risk: str
    sources: tuple[str, ...]
    settings: tuple[Setting, ...]

    @property
    def path(self) -> str:
        return f"techniques.{self.name}"


class Family(msgspec.Struct, frozen=True):
    """Techniques that belong together under one title; `fields` are settings of the experiment that it is about too."""

    key: str
    title: str
    about: str
    fields: tuple[Setting, ...]
    members: tuple[Card, ...]

    @property
    def first_sentence(self) -> str:
        """What it is, without what it costs."""
        return self.about[: self.about.find(".") + 1]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(card.name for card in self.members)

    def found(self, query: str) -> frozenset[str] | None:
        """The names of the members that `query` can mean: all of them where it means the family, None for nothing."""
        own = (self.title, self.about, *(setting.label for setting in self.fields))
        if means(query, own):
            return self.names
        found = frozenset(c.name for c in self.members if means(query, (c.label, c.summary, c.name, self.title)))
        return found or None


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
            family=technique.card,
            label=technique.label,
            summary=technique.summary,
            promise=technique.promise,
            risk=technique.risk,
            sources=technique.sources,
            settings=tuple(s for path, s in settings.items() if path.startswith(f"techniques.{technique.name}.")),
        )
        for technique in BY_NAME.values()
    )


def families(settings: Mapping[str, Setting]) -> tuple[Family, ...]:
    """The card groups in their order, each with its techniques; those that hold nothing are left out."""
    from gpulab.techniques.cards import CARD_GROUPS

    known = cards(settings)
    found = (
        Family(
            key=group.key,
            title=group.title,
            about=group.about,
            fields=tuple(settings[path] for path in group.fields),
            members=tuple(card for card in known if card.family == group.key),
        )
        for group in CARD_GROUPS
    )
    return tuple(family for family in found if family.members or family.fields)


_LONG = 5


def means(query: str, texts: tuple[str, ...]) -> bool:
    """Whether every word of `query` stands in one of `texts`; a long one may miss its last letter (prune: pruning)."""
    whole = " ".join(texts).lower()
    words = query.lower().replace("_", " ").split()
    return all(word in whole or (len(word) >= _LONG and word[:-1] in whole) for word in words)


def obstacles(name: str, experiment: Experiment, machine: Machine, device: str) -> tuple[Problem, ...]:
    """Why the technique `name` cannot be switched on beside what `experiment` has on, whatever its settings."""
    from gpulab.techniques import BY_NAME, unusable

    technique, path = BY_NAME[name], f"techniques.{name}"
    found = [problem for setting, _, problem in unusable(technique, machine, device) if not setting]
    rules = technique.rules(technique.Settings(), experiment)
    found += [problem for problem in rules if problem.field == path]
    return (*found, *_exclusions(name, set(experiment.techniques)), *_refusals(name, experiment))


def _exclusions(name: str, on: Set[str]) -> Iterator[Problem]:
    """The conflicts of `name` with what is on, whichever of both declares them."""
    from gpulab.techniques import BY_NAME

    technique = BY_NAME[name]
    for other in sorted(on - {name}):
        reason = technique.conflicts.get(other) or BY_NAME[other].conflicts.get(name)
        if reason:
            arguments = {"technique": technique.label, "other": BY_NAME[other].label, "reason": reason}
            yield Problem("techniques_conflict", f"techniques.{name}", arguments)


def _refusals(name: str, experiment: Experiment) -> Iterator[Problem]:
    """What is on excludes `name` with one choice of its own: an LSTM has no heads, a GPT in its place has."""
    from gpulab.techniques import BY_NAME

    technique = BY_NAME[name]
    beside = msgspec.structs.replace(experiment, techniques={**experiment.techniques, name: technique.Settings()})
    for other, settings in experiment.techniques.items():
        if other == name:
            continue
        for problem in BY_NAME[other].rules(settings, beside):
            if problem.key == "techniques_conflict" and problem.arguments.get("other") == technique.label:
                yield msgspec.structs.replace(problem, field=f"techniques.{name}")


def unusable_here(name: str, machine: Machine, device: str) -> tuple[Reason, ...]:
    """The choices of the technique `name` that cannot be used on `device`."""
    from gpulab.techniques import BY_NAME, unusable

    return tuple(_reasons(name, unusable(BY_NAME[name], machine, device)))


def cautions_here(name: str, machine: Machine, device: str) -> tuple[Reason, ...]:
    """The choices of the technique `name` that work on `device` but cannot pay there."""
    from gpulab.techniques import BY_NAME, cautions

    return tuple(_reasons(name, cautions(BY_NAME[name], machine, device)))


def doubts_here(experiment: Experiment, machine: Machine) -> tuple[Problem, ...]:
    """What of `experiment` works on this machine but cannot pay there, each at its field."""
    from gpulab.techniques import doubts

    return tuple(doubts(experiment, machine))


def _reasons(name: str, found: Iterator[tuple[str, str, Problem]]) -> Iterator[Reason]:
    for setting, choice, problem in found:
        yield Reason(f"techniques.{name}.{setting}", choice, problem)
