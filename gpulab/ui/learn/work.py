"""A showing of a lesson at work: begun, looked at, run, stopped, all away from the window; recordings are played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.lessons import bets, show
from gpulab.lessons.bets import Guess
from gpulab.lessons.show import Show
from gpulab.runs.workers import WorkerProcess
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.viewmodels.learning.reading import Reading, ShowReader, recorded_until

_LOOK_MS = 700
_PLAY_S = 9.0
"""A recording is played in so many seconds, however long the run took."""

Guesses = dict[int, tuple[Guess, ...]]


class _Opened(NamedTuple):
    show: Show
    guesses: Guesses
    reading: Reading
    reader: ShowReader


class LessonWork(QObject):
    """One showing at a time. `opened` brings the room's earlier guesses, `read` readings, `refused` problems, `changed`
    tells that something began or ended."""

    opened = Signal(object)
    read = Signal(object)
    refused = Signal(tuple)
    changed = Signal()

    def __init__(self, background: Background, root: Path | None, parent: QObject) -> None:
        super().__init__(parent)
        self._background, self._root = background, root
        self._reader: ShowReader | None = None
        self._key = ""
        self._process: WorkerProcess | None = None
        self._busy = self._stopping = False
        self._played: dict[str, float] = {}
        self._last = self._last_real = Reading()
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._look)

    @property
    def running(self) -> str:
        """The work that is at work; empty where none is."""
        return self._key

    @property
    def starting(self) -> bool:
        """Whether a work was asked for and has no process yet."""
        return bool(self._key) and self._process is None

    @property
    def show(self) -> Show | None:
        """The showing that is open."""
        return self._reader.show if self._reader else None

    def open(self, written: Written, charts: frozenset[tuple[str, str]]) -> None:
        """Goes on with what was interrupted of the lesson, or begins a new showing."""
        self.close()

        def opening() -> _Opened:
            found = show.go_on_or_begin(written, self._root)
            reader = ShowReader(found, charts)
            return _Opened(found, bets.read(found.folder), reader.read(), reader)

        def then(found: _Opened) -> None:
            self._reader = found.reader
            self.opened.emit(found.guesses)
            self._tell(found.reading)
            at_work = next((key for key, one in found.reading.works.items() if one.state == "working"), "")
            if at_work:
                self.run(at_work)

        self._background.run(opening, then, self._failed)

    def run(self, key: str) -> None:
        """Runs the work `key`, or plays its recording."""
        if self._reader is None or self._key:
            return
        if self._last.progress(key).recorded:
            self._played[key] = monotonic()
            self._tell(self._last_real)
            self._clock.start(_LOOK_MS // 7)
            return
        self._key, self._process, self._stopping = key, None, False
        self.changed.emit()
        self._start()

    def stop(self) -> None:
        """Asks for an end between two steps."""
        showing, key = self.show, self._key
        if showing is not None and key:
            self._stopping = True
            self._background.run(lambda: showing.stop(key), lambda _: None, self._failed)

    def keep(self, step: int, guesses: Sequence[Guess]) -> None:
        """Keeps the room's guesses beside the works."""
        if (showing := self.show) is not None:
            told = tuple(guesses)
            self._background.run(lambda: bets.keep(showing.folder, step, told), lambda _: None, self._failed)

    def with_show(
        self, do: Callable[[Show], Path], then: Callable[[Path], None], refused: Callable[[tuple[Problem, ...]], None]
    ) -> None:
        """Does something with the showing away from the window; `refused` hears why it could not be done."""

        def failed(error: Exception) -> None:
            if not isinstance(error, BadInput):
                raise error
            refused(error.problems)

        if (showing := self.show) is not None:
            self._background.run(lambda: do(showing), then, failed)

    def close(self) -> None:
        """Leaves the lesson: what works is asked to stop, and can go on another time."""
        self.stop()
        self.leave()
        if self._key:
            self._key, self._process = "", None
            self.changed.emit()
        self._last = Reading()
        self._played = {}

    def leave(self) -> None:
        """Nothing is looked at any more; what works goes on."""
        self._clock.stop()
        self._reader, self._busy = None, False

    # --- looking ---

    def _start(self) -> None:
        showing, key = self.show, self._key
        if showing is not None:
            self._background.run(lambda: showing.start(key), self._started, self._failed)

    def _started(self, found: tuple[Path, WorkerProcess] | None) -> None:
        if found is None:
            self._ended()
            return
        self._process = found[1]
        self._clock.start(_LOOK_MS)
        self.changed.emit()

    def _look(self) -> None:
        """Looks now, unless a look is under way."""
        if any(monotonic() - begun < _PLAY_S for begun in self._played.values()):
            self._tell(self._last_real)
            return
        reader, process = self._reader, self._process
        if reader is None or self._busy:
            return
        self._busy = True

        def looking() -> tuple[ShowReader, Reading, bool]:
            alive = process is not None and process.alive
            return reader, reader.read(), alive

        self._background.run(looking, self._looked, self._failed)

    def _looked(self, found: tuple[ShowReader, Reading, bool]) -> None:
        reader, reading, alive = found
        if reader is not self._reader:
            return
        self._busy = False
        key = self._key
        self._tell(reading)
        if not key or alive or self._process is None:
            if not key:
                self._clock.stop()
            return
        over = reading.progress(key).state in ("done", "failed", "impossible")
        if over or self._stopping:
            self._ended()
        else:  # another seed, or a run that vanished
            self._process = None
            self._start()

    def _ended(self) -> None:
        self._key, self._process = "", None
        self._busy = False
        self.changed.emit()
        self._look()

    def _tell(self, reading: Reading) -> None:
        self._last_real = reading
        for key, one in reading.works.items():
            if one.recorded:
                begun = self._played.get(key)
                share = 0.0 if begun is None else min(1.0, (monotonic() - begun) / _PLAY_S)
                reading = recorded_until(reading, key, share)
        self._last = reading
        self.read.emit(reading)

    def _failed(self, error: Exception) -> None:
        self._busy = False
        if self._key:
            self._key, self._process = "", None
            self.changed.emit()
        if not isinstance(error, BadInput):
            raise error
        self.refused.emit(error.problems)
