"""Looks at a comparison and at the list of all of them, about once a second, never in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.comparisons import listing
from gpulab.comparisons.listing import Listed
from gpulab.runs.columns import Cancelled
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.viewmodels.comparing.snapshot import Reader, Snapshot, Wish

_SOON_MS, _SELDOM_MS = 1000, 4000


class Watch(QObject):
    """One comparison. `seen` brings snapshots, `damaged` why it cannot be read, `progress` how much of it is.

    Nothing of what is gone comes late.
    """

    seen = Signal(object)
    damaged = Signal(object)
    progress = Signal(float)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._reader: Reader | None = None
        self._busy = self._again = False
        self.wish = Wish()
        self.in_sight = True
        """What is over and out of sight is not looked at again."""
        self._clock = QTimer(self, singleShot=True)
        self._clock.timeout.connect(self.look)

    @property
    def folder(self) -> Path | None:
        """The comparison that is looked at."""
        return self._reader.folder if self._reader else None

    def follow(self, folder: Path | None) -> None:
        """Looks at another comparison from now on, or at none."""
        self._clock.stop()
        self._reader = Reader(folder) if folder is not None else None
        self._busy = self._again = False
        self.look()

    def set_wish(self, wish: Wish) -> None:
        """Other curves, as soon as they are read."""
        self.wish = wish
        self.look()

    def look(self) -> None:
        """Looks now; while a look is under way, once more after it."""
        reader, wish = self._reader, self.wish
        if reader is None:
            return
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False
        self._clock.stop()

        def told(share: float) -> bool:
            """Called in the other thread; a signal finds its way over by itself."""
            self.progress.emit(share)
            return reader is self._reader

        self._background.run(
            lambda: reader.read(wish, told), lambda found: self._came(reader, found), lambda e: self._failed(reader, e)
        )

    def leave(self) -> None:
        """No further look."""
        self.follow(None)

    def _came(self, reader: Reader, found: Snapshot) -> None:
        if reader is not self._reader:
            return
        self._busy = False
        if found.headline.working or self.in_sight:
            self._clock.start(_SOON_MS if found.headline.working else _SELDOM_MS)
        self.seen.emit(found)
        if self._again:
            self.look()

    def _failed(self, reader: Reader, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        if not isinstance(error, BadInput | OSError):
            raise error
        if reader is self._reader:
            self._reader, self._busy = None, False
            self.damaged.emit(error.problems if isinstance(error, BadInput) else (_unreadable(reader, error),))


class ListWatch(QObject):
    """All comparisons below a folder. `listed` brings them where anything has changed."""

    listed = Signal(list)

    def __init__(self, root: Callable[[], Path], background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._root, self._background = root, background
        self.known: list[Listed] | None = None
        self._busy = self._again = False
        self._clock = QTimer(self, singleShot=True, interval=_SELDOM_MS)
        self._clock.timeout.connect(self.look)

    def look(self) -> None:
        """Looks now, and from then on again and again."""
        if self._busy:
            self._again = True
            return
        self._busy, self._again = True, False
        root = self._root()
        self._background.run(lambda: listing.comparisons(root), self._came, self._failed)

    def leave(self) -> None:
        """No further look."""
        self._clock.stop()

    def _came(self, found: list[Listed]) -> None:
        self._over()
        if found != self.known:
            self.known = found
            self.listed.emit(found)

    def _failed(self, error: Exception) -> None:
        """A folder that was just being moved or deleted: the next look will tell."""
        if not isinstance(error, BadInput | OSError):
            raise error
        self._over()

    def _over(self) -> None:
        self._busy = False
        self._clock.start()
        if self._again:
            self.look()


def _unreadable(reader: Reader, error: OSError) -> Problem:
    return Problem("comparison_unreadable", "", {"path": str(reader.folder), "detail": str(error)})
