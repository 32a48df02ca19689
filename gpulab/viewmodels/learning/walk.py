"""Where a lesson's presentation stands: the step at hand and the room's guesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gpulab.lessons.bets import Guess
from gpulab.spec.lesson import Bet, Lesson, Reveal, Run, Show, Step
from gpulab.viewmodels.learning.bets import guessed
from gpulab.viewmodels.learning.reading import NOTHING, Reading

LIVE_CHART = "train_loss"
"""What is drawn while a work runs: the first thing that moves."""


class Walk:
    """One walk through `lesson`. Guesses stay when somebody goes back and on again."""

    def __init__(self, lesson: Lesson, guesses: Mapping[int, Sequence[Guess]] = NOTHING) -> None:
        self.lesson, self.at = lesson, 0
        self._guesses: dict[int, list[Guess]] = {step: list(known) for step, known in guesses.items()}

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.at]

    @property
    def last(self) -> bool:
        return self.at == len(self.lesson.steps) - 1

    def go(self, way: int) -> bool:
        """So many steps on (or back); says whether that led anywhere."""
        wanted = min(max(self.at + way, 0), len(self.lesson.steps) - 1)
        moved, self.at = wanted != self.at, wanted
        return moved

    def to_run(self, reading: Reading) -> str:
        """The work that going on would start first: that of the step at hand, where it has not begun."""
        step = self.step
        if isinstance(step, Run) and reading.progress(step.work).state == "waiting":
            return step.work
        return ""

    # --- guesses ---

    def guess(self, text: str, who: str = "") -> bool:
        """Takes a guess down; False where the step asks for none or `text` is none."""
        step = self.step
        found = guessed(step, text, who) if isinstance(step, Bet) else None
        if found is not None:
            self._guesses.setdefault(self.at, []).append(found)
        return found is not None

    def take_back(self, place: int) -> None:
        """Takes the guess at `place` of the bet at hand away."""
        if 0 <= place < len(self.guesses):
            del self._guesses[self.at][place]

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """Those of the bet at hand."""
        return tuple(self._guesses.get(self.at, ()))

    def bets(self) -> list[tuple[Bet, tuple[Guess, ...]]]:
        """For a reveal: the bets before it about its work, with what was guessed; nothing for other steps."""
        step = self.step
        if not isinstance(step, Reveal):
            return []
        before = ((place, one) for place, one in enumerate(self.lesson.steps[: self.at]) if isinstance(one, Bet))
        return [
            (bet, tuple(self._guesses[place]))
            for place, bet in before
            if bet.about.split(".")[0] == step.work and self._guesses.get(place)
        ]

    # --- what is drawn ---

    def chart(self) -> tuple[str, str]:
        """Work and series of the chart of the step at hand; empty words where it has none."""
        return chart_of(self.step, self.lesson)

    @property
    def charts(self) -> frozenset[tuple[str, str]]:
        """Every chart that a step of the lesson shows."""
        return frozenset(chart_of(step, self.lesson) for step in self.lesson.steps) - {NO_CHART}


NO_CHART = ("", "")


def chart_of(step: Step, lesson: Lesson) -> tuple[str, str]:
    """Work and series of a step's chart."""
    match step:
        case Run(work=work) if lesson.works(work).kind != "job":
            return work, LIVE_CHART
        case Show(work=work, chart=chart) | Reveal(work=work, chart=chart) if chart:
            return work, chart
    return NO_CHART
