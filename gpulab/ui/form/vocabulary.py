"""Estimates need the number of different tokens, for which a person's own text is read away from the window's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from gpulab.spec.experiment import Data
from gpulab.spec.problem import BadInput, Problem
from gpulab.viewmodels.estimates import known_vocabulary, read_vocabulary

if TYPE_CHECKING:
    from gpulab.ui.background import Background

_PAUSE_MS = 350
Key = tuple[str, str, int]
Found = int | tuple[Problem, ...]


class Vocabulary(QObject):
    """What is known of the text's vocabulary. `changed` tells that an answer came in."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background: Background | None = None
        self._known: dict[Key, Found] = {}
        self._asked: set[Key] = set()
        self._wanted: Data | None = None
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._read)

    def of(self, data: Data) -> Found | None:
        """The number of tokens, the problems that reading met, or None: it is being read, `changed` will tell."""
        if not data.path:
            self._pause.stop()
            return known_vocabulary(data)
        if _key(data) not in self._known and _key(data) not in self._asked and data != self._wanted:
            self._wanted = data
            self._pause.start()
        return self._known.get(_key(data))

    def forget_problems(self) -> None:
        """Reads again what could not be read: the file may have been put right meanwhile."""
        wrong = {key for key, found in self._known.items() if not isinstance(found, int)}
        self._known = {key: found for key, found in self._known.items() if key not in wrong}
        self._asked -= wrong
        self._wanted = None

    def leave(self) -> None:
        """Waits briefly for what is being read and asks for nothing more."""
        self._pause.stop()
        if self._background:
            self._background.leave()

    def _read(self) -> None:
        if self._wanted is None:
            return
        from gpulab.ui.background import Background

        self._background = self._background or Background(self)
        data, self._wanted = self._wanted, None
        self._asked.add(_key(data))
        self._background.run(lambda: _look(data), lambda found: self._take(_key(data), found))

    def _take(self, key: Key, found: Found) -> None:
        self._known[key] = found
        self.changed.emit()


def _look(data: Data) -> Found:
    """Runs on a thread of the pool. Read also where bytes need no count: an unreadable text must be told."""
    try:
        return read_vocabulary(data)
    except BadInput as refusal:
        return refusal.problems


def _key(data: Data) -> Key:
    return data.path, data.tokenizer, data.vocabulary_size if data.tokenizer == "bpe" else 0
