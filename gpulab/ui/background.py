"""Does what could take longer than a blink away from the window's loop."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

T = TypeVar("T")

_AT_ONCE = 2
_LEAVE_S = 4.0


class _Errand(NamedTuple):
    number: int
    work: Callable[[], Any]


class _Crew:
    """Threads that work off errands in their order, at most `at_once` of them; each ends when nothing waits.

    They are Python's own and hold up nobody: Qt's pool waits for its threads when it is destroyed, without letting go
    of the interpreter, for which they wait in turn. An errand that outlived its window would hold both for ever.
    """

    def __init__(self, at_once: int, tell: Callable[[int, Any, Any], None]) -> None:
        self._at_once, self._tell = at_once, tell
        self._waiting: deque[_Errand] = deque()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._left = False

    def send(self, errand: _Errand) -> None:
        """Has it done as soon as one of the crew is free."""
        with self._lock:
            self._waiting.append(errand)
            if len(self._threads) < self._at_once:
                thread = threading.Thread(target=self._work_off, name="background", daemon=True)
                self._threads.add(thread)
                thread.start()

    def leave(self, patience_s: float, finish: bool) -> None:
        """Waits so long for what was begun, and for what waits if it is to `finish`; nobody is told of it any more."""
        with self._lock:
            if not finish:
                self._waiting.clear()
            self._left, threads = True, list(self._threads)
        deadline = time.monotonic() + patience_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work_off(self) -> None:
        while (errand := self._next()) is not None:
            result, failure = None, None
            try:
                result = errand.work()
            except Exception as error:  # whatever it is, it is told where the errand came from
                failure = error
            if not self._left:
                with suppress(RuntimeError):  # the window was closed meanwhile: nobody asks any more
                    self._tell(errand.number, result, failure)

    def _next(self) -> _Errand | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._threads.discard(threading.current_thread())
            return None


class Background(QObject):
    """Runs plain functions in a few threads; what follows a result runs in the thread this object lives in.

    Where `at_once` is 1, errands are done in the order in which they were given.
    """

    idle = Signal()
    _done = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, at_once: int = _AT_ONCE) -> None:
        super().__init__(parent)
        self._crew = _Crew(at_once, self._done.emit)
        self._follow_ups: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None] | None]] = {}
        self._count = 0
        self._done.connect(self._follow_up)

    @property
    def busy(self) -> bool:
        """Whether an errand has not come back."""
        return bool(self._follow_ups)

    def run(
        self, work: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None] | None = None
    ) -> None:
        """Calls `work` elsewhere, then `then` with its result here; `failed` with its exception where it raised one.

        An exception that nobody asked for is raised here, where it is seen.
        """
        self._count += 1
        self._follow_ups[self._count] = (then, failed)
        self._crew.send(_Errand(self._count, work))

    def leave(self, finish: bool = False) -> None:
        """Forgets what follows, waits briefly for what has begun; what waits is forgotten too, or done to the end."""
        self._follow_ups.clear()
        self._crew.leave(_LEAVE_S, finish)

    @Slot(int, object, object)
    def _follow_up(self, number: int, result: Any, failure: Exception | None) -> None:
        then, failed = self._follow_ups.pop(number, (None, None))
        if then is not None and failure is None:
            then(result)
        elif then is not None and failure is not None:
            if failed is None:
                raise failure
            failed(failure)
        if not self._follow_ups:
            self.idle.emit()
