"""Does what could take longer than a blink away from the window's loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

T = TypeVar("T")

_AT_ONCE = 2
_LEAVE_MS = 4000


class _Errand(QRunnable):
    def __init__(self, work: Callable[[], Any], tell: Callable[[int, Any, Any], None], number: int) -> None:
        super().__init__()
        self._work = work
        self._tell = tell
        self._number = number

    def run(self) -> None:
        result, failure = None, None
        try:
            result = self._work()
        except Exception as error:  # whatever it is, it is told where the errand came from
            failure = error
        try:
            self._tell(self._number, result, failure)
        except RuntimeError:
            return  # the window was closed meanwhile: nobody asks any more


class Background(QObject):
    """Runs plain functions in a small pool; what follows a result runs in the thread this object lives in.

    Where `at_once` is 1, errands are done in the order in which they were given.
    """

    idle = Signal()
    _done = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, at_once: int = _AT_ONCE) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(at_once)
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
        self._pool.start(_Errand(work, self._done.emit, self._count))

    def leave(self) -> None:
        """Forgets what follows, waits briefly for what has begun."""
        self._follow_ups.clear()
        self._pool.clear()
        self._pool.waitForDone(_LEAVE_MS)

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
