"""A showing of a lesson on paper: its texts, the room's guesses, and what its works came to, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from gpulab.comparisons import standing
from gpulab.comparisons.folder import is_comparison
from gpulab.events.documents import JobStarted, RunStarted, SeriesDeclared
from gpulab.events.log import read_all
from gpulab.lessons import bets
from gpulab.lessons.bets import Guess
from gpulab.lessons.figures import Figure, results_of
from gpulab.lessons.show import Show, WorkStanding
from gpulab.lessons.texts import paragraphs
from gpulab.report.drawings import Axis, Curves, Ticks
from gpulab.report.history import History, banded
from gpulab.report.model import (
    Block,
    Cell,
    Column,
    Facts,
    Picture,
    Report,
    Section,
    Side,
    Table,
    Words,
    letter,
)
from gpulab.report.of_run import about, when, where
from gpulab.runs.reading import digest_of
from gpulab.spec.lesson import Bet, Reveal, Run, Step, Work
from gpulab.spec.lesson import Show as ShowStep
from gpulab.spec.lesson_bindings import binding
from gpulab.words import sentence

_NOT_YET = "Not measured yet."
_LIVE = "train_loss"
_TICKS: Mapping[str, Ticks] = {"bytes": "bytes", "bytes per step": "bytes", "tokens per second": "si"}


def handout_of(show: Show) -> Report:
    """What `show` came to by now; what has not run yet is said to be open. Raises BadInput."""
    return _Handout(show).report()


class _Handout:
    def __init__(self, show: Show) -> None:
        self.show, self.lesson = show, show.lesson
        self._results = results_of(show)
        self._at = {work.key: show.standing(work.key) for work in show.lesson.work}
        self._guesses = bets.read(show.folder)

    def report(self) -> Report:
        places = [_Place(path) for at in self._at.values() for path in _run_dirs(at)]
        begun = [place for place in places if place.started is not None]
        started = [place.started for place in begun if place.started is not None]
        return Report(
            title=self.lesson.title,
            question=self.lesson.summary,
            standing=self._standing(),
            when=when(min(one.at for one in started), max(one.ended for one in begun)) if started else "not begun",
            where=", ".join(dict.fromkeys(map(where, started))) or "no device yet",
            about=about(started[0].versions if started else {}),
            sections=tuple(section for section in self._sections() if section.blocks),
        )

    def _standing(self) -> str:
        if any(at.recording for at in self._at.values()):
            return "Some of it was not run here: it is a recording of a real run, and says so where it stands."
        if all(at.state == "done" for at in self._at.values()):
            return "Everything in it was measured in this showing."
        return "Not everything in it has run: what is not known yet is a dash."

    # --- steps ---

    def _sections(self) -> Iterator[Section]:
        for number, step in enumerate(self.lesson.steps):
            yield Section(step.title, tuple(self._blocks(number, step)))
        yield Section("How it was measured", (self._measured(),))
        yield Section("Sources", tuple(Words(source) for source in self.lesson.sources))

    def _blocks(self, number: int, step: Step) -> Iterator[Block]:
        for paragraph in paragraphs(step.text, self._figure):
            yield Words("".join(piece.text for piece in paragraph))
        match step:
            case Bet():
                yield from self._bet(step, self._guesses.get(number, ()))
            case Run(work=key):
                yield self._ran(self._at[key])
                if not self._drawn_later(key):
                    yield from self._chart(number, key, _LIVE)
            case ShowStep(work=key) | Reveal(work=key):
                if step.figures:
                    yield self._figures([self._figure(path) for path in step.figures])
                if step.chart:
                    yield from self._chart(number, key, step.chart)
            case _:
                pass

    def _figure(self, path: str) -> Figure:
        """The figure once its work is over, as the screen shows it; a dash before."""
        bound = binding(path, self.lesson)
        over = self._at[bound.work].state in ("done", "failed")
        return self._results.figure(path) if over or bound.before_running else self._results.open(path)

    def _figures(self, figures: Sequence[Figure]) -> Table:
        bounded = any(figure.interval for figure in figures)
        columns = [Column("Figure"), Column("Of"), Column("Measured", number=True)]
        if bounded:
            columns.append(Column("95 % interval", number=True))
        rows = []
        for figure in figures:
            cells = [Cell(self._what(figure)), Cell(figure.side), Cell(figure.text, strong=figure.known)]
            rows.append((*cells, Cell(figure.interval)) if bounded else tuple(cells))
        known = any(figure.known for figure in figures)
        return Table("What was measured." if known else _NOT_YET, tuple(columns), tuple(rows))

    def _what(self, figure: Figure) -> str:
        what = figure.what or figure.path
        what = what[:1].upper() + what[1:]
        return f"{what}, change" if binding(figure.path, self.lesson).way == "change" else what

    def _bet(self, bet: Bet, guesses: Sequence[Guess]) -> Iterator[Block]:
        figure = self._figure(bet.about)
        yield Words(bet.question)
        if bet.choices:
            yield self._votes(bet, guesses, figure)
        elif guesses:
            yield self._ranking(bet, guesses, figure)
        told = f"What came out: {bets.told(bet, self.lesson, figure)}"
        told += f" ({figure.interval})" if figure.interval else ""
        yield Words(f"{told}." if figure.known else f"What came out: {_NOT_YET[0].lower()}{_NOT_YET[1:]}")

    def _votes(self, bet: Bet, guesses: Sequence[Guess], figure: Figure) -> Table:
        right = bets.settled(bet, self.lesson, tuple(guesses), figure).right
        rows = tuple(
            (
                Cell(choice.name),
                Cell(str(sum(int(guess.value) == place for guess in guesses))),
                Cell("right", "good") if place == right else Cell(""),
            )
            for place, choice in enumerate(bet.choices)
        )
        return Table("The room's votes.", (Column("Answer"), Column("Votes", number=True), Column("")), rows)

    def _ranking(self, bet: Bet, guesses: Sequence[Guess], figure: Figure) -> Table:
        unit = bets.unit_of(bet, self.lesson)
        off_unit = "points" if unit == "%" else unit
        rows = tuple(
            (
                Cell(one.guess.name or "somebody"),
                Cell(f"{one.guess.value:g} {unit}".strip()),
                Cell(f"{one.off:.3g} {off_unit}".strip() if figure.known else "", "good" if one.won else ""),
                Cell("closest" if one.won else "", "good"),
            )
            for one in bets.ranked(bet, self.lesson, tuple(guesses), figure)
        )
        columns = (Column("Who"), Column("Guess", number=True), Column("Off by", number=True), Column(""))
        return Table("The room's guesses" + (", the closest first." if figure.known else "."), columns, rows)

    def _ran(self, at: WorkStanding) -> Words:
        if at.recording:
            return Words(f"A recording of a real run on {at.recording.machine}, {at.recording.date}.", "warning")
        if at.state == "done":
            return Words("It was run in this showing.", "muted")
        if at.reason:
            told = sentence(at.reason, {name: value for name, value in at.arguments.items() if name != "log"})
            return Words(told[:1].upper() + told[1:], "warning")
        return Words("It has not run yet." if at.state == "missing" else "It has not come to its end yet.", "muted")

    # --- charts ---

    def _drawn_later(self, key: str) -> bool:
        shown = (step for step in self.lesson.steps if isinstance(step, ShowStep | Reveal))
        return any(step.work == key and step.chart for step in shown)

    def _chart(self, number: int, key: str, series: str) -> Iterator[Picture]:
        """The curve of every training of the work `key`; sides that were made from one training share it."""
        work = self.lesson.works(key)
        if work.kind == "job" or self._at[key].state not in ("done", "failed"):
            return
        sides = {arm.key: Side(letter(place), arm.name, place) for place, arm in enumerate(work.arms)}
        trainings: dict[tuple[Path, ...], list[str]] = {}
        for arm, runs in self._results.outcome(key).arms.items():
            if runs:
                trainings.setdefault(tuple(ran.trained_in for ran in runs), []).append(arm)
        histories = {path: History(path) for paths in trainings for path in paths}
        lines, drawn = [], []
        for paths, arms in trainings.items():
            of = [sides[arm] for arm in arms if arm in sides]
            name, index = " ".join(side.letter for side in of), of[0].index if of else 0
            line = banded(name, index, [histories[path].curve(series) for path in paths])
            if line is not None and len(line.x) > 1:
                lines.append(line)
                drawn += of
        if not lines:
            return
        every = [one for history in histories.values() for one in history.documents]
        declared = next((one for one in every if isinstance(one, SeriesDeclared) and one.key == series), None)
        title = declared.label if declared else series
        unit = declared.unit if declared else ""
        up = Axis(f"{title}, {unit}" if unit else title, _TICKS.get(unit, "plain"))
        ends = ", ".join(f"{line.letter} ends at {line.y[-1]:.4g}".strip() for line in lines)
        told = f"{title} by step: {ends}."
        yield Picture(f"step-{number + 1}", title, told, Curves(Axis("Steps", "si"), up, tuple(lines)), tuple(drawn))

    # --- how ---

    def _measured(self) -> Facts:
        rows = [
            (f"Work “{work.key}”", f"{self._told_of(work)} on “{work.experiment}”: {self._state_of(work.key)}")
            for work in self.lesson.work
        ]
        return Facts((*rows, ("Folder", str(self.show.folder))))

    def _told_of(self, work: Work) -> str:
        seeds = self.show.seeds_of(work)
        often = "one seed" if seeds == 1 else f"{seeds} seeds"
        match work.kind:
            case "comparison":
                return f"{len(work.arms)} sides, {often}"
            case "job":
                return f"the measurement “{work.job}”, {often}"
            case _:
                return f"one side, {often}"

    def _state_of(self, key: str) -> str:
        at = self._at[key]
        if at.recording:
            return f"recorded on {at.recording.machine}, {at.recording.date}"
        return {"done": "done", "failed": "failed", "missing": "not run yet"}.get(at.state, "not at its end yet")


class _Place:
    """The folder of one run or job that belongs to a work."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def started(self) -> RunStarted | JobStarted | None:
        """How it began."""
        return next((one for one in read_all(self.path) if isinstance(one, RunStarted | JobStarted)), None)

    @property
    def ended(self) -> float:
        """When it ended, or began where that is not known."""
        assert self.started is not None
        return digest_of(self.path).ended_at or self.started.at


def _run_dirs(at: WorkStanding) -> Iterator[Path]:
    for folder in at.folders:
        yield from dict.fromkeys(standing.read(folder).runs.values()) if is_comparison(folder) else (folder,)
