"""What the room guessed before the reveal: kept beside the works, and shown beside what came out."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from gpulab.analysis.metrics import BY_KEY
from gpulab.lessons.figures import Figure
from gpulab.runs.files import read_json, write_whole
from gpulab.spec.lesson import Bet, Lesson
from gpulab.spec.lesson_bindings import binding
from gpulab.spec.problem import refuse

BETS = "bets.json"
MOST_GUESSES = 500
_LONGEST_NAME = 60


class Guess(msgspec.Struct, frozen=True):
    """A guess of the room: a number in the bet's unit, or the number of a choice from 0. `name` may say whose it is."""

    value: float
    name: str = ""


class Settled(msgspec.Struct, frozen=True):
    """A bet beside its result.

    `answer` is the figure in the unit of the guesses, None while it is not known; `right` the number of the choice that
    came true, None where none did or there are none. `winners` are the indexes of the guesses that came closest, or
    chose right.
    """

    figure: Figure
    guesses: tuple[Guess, ...]
    answer: float | None = None
    right: int | None = None
    winners: tuple[int, ...] = ()


class Ranked(msgspec.Struct, frozen=True):
    """A guess beside the result. `off` is how far it lies from it, in the bet's unit; `won` the closest or the true."""

    guess: Guess
    off: float
    won: bool


def in_percent(bet: Bet, lesson: Lesson) -> bool:
    """Whether the room guesses in percent: changes, and metrics that are shares."""
    bound = binding(bet.about, lesson)
    return bound.way == "change" or (bound.way == "value" and BY_KEY[bound.of].form == "share")


def told(bet: Bet, lesson: Lesson, figure: Figure) -> str:
    """The known result as it is written everywhere; beside it in percent, where that is what was guessed."""
    if figure.value is None or bet.choices or not in_percent(bet, lesson) or "%" in figure.text:
        return figure.text
    return f"{figure.text} ({100.0 * figure.value:+.3g} %)".replace("-", "−")


def read(show_folder: Path) -> dict[int, tuple[Guess, ...]]:
    """The guesses of a show by the number of their step, from 0."""
    return read_json(show_folder / BETS, dict[int, tuple[Guess, ...]]) or {}


def keep(show_folder: Path, step: int, guesses: tuple[Guess, ...]) -> None:
    """Keeps the room's guesses at a step in place of those before. Raises BadInput."""
    if len(guesses) > MOST_GUESSES:
        raise refuse("lesson_too_many_guesses", most=MOST_GUESSES)
    for guess in guesses:
        if not math.isfinite(guess.value):
            raise refuse("not_finite", value=str(guess.value))
    shortened = tuple(Guess(guess.value, guess.name.strip()[:_LONGEST_NAME]) for guess in guesses)
    write_whole(show_folder / BETS, msgspec.json.encode({**read(show_folder), step: shortened}))


def settled(bet: Bet, lesson: Lesson, guesses: tuple[Guess, ...], figure: Figure) -> Settled:
    """The bet's result, `figure` being what it is about."""
    if figure.value is None:
        return Settled(figure, guesses)
    answer = 100.0 * figure.value if in_percent(bet, lesson) else figure.value
    if bet.choices:
        right = next((index for index, choice in enumerate(bet.choices) if choice.holds(figure.value)), None)
        winners = tuple(index for index, guess in enumerate(guesses) if right is not None and guess.value == right)
        return Settled(figure, guesses, answer, right, winners)
    nearest = min((abs(guess.value - answer) for guess in guesses), default=0.0)
    winners = tuple(index for index, guess in enumerate(guesses) if abs(guess.value - answer) == nearest)
    return Settled(figure, guesses, answer, winners=winners)


def unit_of(bet: Bet, lesson: Lesson) -> str:
    """What a guess is counted in."""
    return "%" if in_percent(bet, lesson) else bet.unit


def ranked(bet: Bet, lesson: Lesson, guesses: tuple[Guess, ...], figure: Figure) -> tuple[Ranked, ...]:
    """The guesses, the closest first; as they came while nothing is known."""
    found = settled(bet, lesson, guesses, figure)
    answer = found.answer if not bet.choices else None
    told = [
        Ranked(guess, math.nan if answer is None else abs(guess.value - answer), place in found.winners)
        for place, guess in enumerate(guesses)
    ]
    return tuple(sorted(told, key=lambda one: (not one.won, one.off if answer is not None else 0.0)))
