"""Owns one training from start to end, so that the window never waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

from PySide6.QtCore import QObject, QThread, Signal

from gpulab.events.control import Command
from gpulab.events.documents import AnyDocument, Sample
from gpulab.spec.problem import BadInput, Problem

BATCH_INTERVAL_S = 0.05
FIRST_INTERVAL_S = 0.01  # until the first figure is here, for which a person waits
BATCH_DOCUMENTS = 1500  # what a window folds in well under a frame, even while it catches up with a long run


class Source(Protocol):
    """Where a training's documents come from: a worker at work, or a record that is played again.

    Every method is called from the training thread alone. `begin` raises BadInput where nothing can be started.
    """

    def begin(self) -> None: ...

    def poll(self) -> list[AnyDocument]: ...

    def order(self, command: Command) -> None: ...

    @property
    def over(self) -> bool: ...

    @property
    def problem(self) -> Problem | None: ...


class TrainingThread(QThread):
    """Running exactly while an attached training runs.

    `documents` carries (run_id, documents) at most 20 times a second, oftener only until the first figure; `refused`
    carries (run_id, problems) where the training could not start or its record cannot be read on.
    """

    documents = Signal(str, list)
    refused = Signal(str, tuple)

    def __init__(self, run_id: str, source: Source, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"training {run_id}")
        self.run_id = run_id
        self._source = source
        self._orders: deque[Command] = deque()
        self._waiting: deque[AnyDocument] = deque()
        self._wake = threading.Event()
        self._leave = threading.Event()
        self._interval_s = FIRST_INTERVAL_S

    def order(self, command: Command) -> None:
        """Tells the training something; returns at once."""
        self._orders.append(command)
        self._wake.set()

    def detach(self) -> None:
        """Stops watching: the training itself goes on without this window."""
        self._leave.set()
        self._wake.set()

    def run(self) -> None:
        """Starts or finds the training, then stays with it until it is over or nobody watches any more."""
        try:
            self._source.begin()
            while not self._leave.is_set():
                next_batch = time.monotonic() + self._interval_s
                self._hand_over()
                if self._source.over and not self._waiting:
                    break
                self._take_orders_until(next_batch)
            self._carry_out_orders()
        except BadInput as refusal:
            self.refused.emit(self.run_id, refusal.problems)
        except OSError as error:
            self.refused.emit(self.run_id, (Problem("run_folder_lost", "", {"detail": error.strerror or str(error)}),))
        except Exception as error:
            self.refused.emit(self.run_id, (Problem("watch_failed", "", {"error": repr(error)}),))
            raise

    def _take_orders_until(self, next_batch: float) -> None:
        """Orders go out at once; batches keep their distance."""
        while not self._leave.is_set():
            self._carry_out_orders()
            left = next_batch - time.monotonic()
            if left <= 0 or not self._wake.wait(left):
                return
            self._wake.clear()

    def _carry_out_orders(self) -> None:
        while self._orders:
            self._source.order(self._orders.popleft())

    def _hand_over(self) -> None:
        if not self._waiting:
            self._waiting.extend(self._source.poll())
            if problem := self._source.problem:
                self.refused.emit(self.run_id, (problem,))
        if self._waiting:
            count = min(len(self._waiting), BATCH_DOCUMENTS)
            batch = [self._waiting.popleft() for _ in range(count)]
            if any(isinstance(document, Sample) for document in batch):
                self._interval_s = BATCH_INTERVAL_S
            self.documents.emit(self.run_id, batch)
