"""What waits to be trained, in its order; it goes on after a failure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from gpulab.runs import folder
from gpulab.runs.queue import Queue
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.ui.background import Background
from gpulab.viewmodels import loading
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import technique_labels

_LOOK_MS = 2000


class QueuePanel(QWidget):
    """Shows the queue's file and serves it: when nothing of it is at work, the next one starts.

    `started` carries the brief record of a run that has just begun, `added` of one that now waits.
    """

    started = Signal(object)
    added = Signal(object)
    refused = Signal(tuple)

    def __init__(self, root: Path, busy: Callable[[], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = Queue(root)
        self._background = Background(self, at_once=1)  # who was put in line first stands first
        self._busy = busy
        self._looking, self._over = False, False
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Queue"))
        self.empty = QLabel(self.tr("Nothing waits. “Add to queue” puts the experiment at the left in line."))
        self.empty.setProperty("muted", True)
        self.up = self._button(self.tr("Earlier"), lambda: self._move(-1))
        self.down = self._button(self.tr("Later"), lambda: self._move(1))
        self.remove = self._button(self.tr("Take out"), self._take_out)
        buttons = QHBoxLayout()
        for button in (self.up, self.down, self.remove):
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.empty)
        column.addWidget(self.list)
        column.addLayout(buttons)
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self.look)

    def begin(self) -> None:
        """Looks now, and then every other second."""
        self.look()
        self._clock.start()

    def end(self) -> None:
        """Looks no more; what waits keeps waiting in its file."""
        self._over = True
        self._clock.stop()

    def leave(self) -> None:
        """Waits briefly for what is to be written: what was put in line stays in line when the window closes."""
        self._background.leave(finish=True)

    def add(self, experiment: Experiment) -> None:
        """A run of `experiment` waits in line."""

        def put() -> RunRecord:
            run_dir = folder.create(self._queue.root, experiment)
            self._queue.add(run_dir)
            return loading.opened(run_dir)

        self._do(put, self._added)

    def look(self) -> None:
        """Starts the next one where nothing is at work, then shows what waits."""
        if self._looking or self._over:
            return
        self._looking = True
        busy = self._busy()

        def serve() -> tuple[RunRecord | None, list[RunRecord]]:
            begun = None if busy or not self._queue.waiting() else self._queue.advance()
            return loading.opened(begun[0]) if begun else None, [
                loading.waiting(each) for each in self._queue.waiting()
            ]

        self._do(serve, self._looked)

    def _added(self, record: RunRecord) -> None:
        self.added.emit(record)
        self.look()

    def _looked(self, found: tuple[RunRecord | None, list[RunRecord]]) -> None:
        self._looking = False
        begun, waiting = found
        if begun is not None:
            self.started.emit(begun)
        self._show(waiting)

    def _show(self, waiting: list[RunRecord]) -> None:
        row = self.list.currentRow()
        self.list.clear()
        for number, record in enumerate(waiting, 1):
            item = QListWidgetItem(f"{number}. {record.name}  ({technique_labels(record)})")
            item.setData(Qt.ItemDataRole.UserRole, str(record.folder))
            item.setToolTip(str(record.folder))
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(row, 0), len(waiting) - 1))
        self.empty.setVisible(not waiting)
        for button in (self.up, self.down, self.remove):
            button.setEnabled(bool(waiting))

    def _chosen(self) -> Path | None:
        item = self.list.currentItem()
        return Path(item.data(Qt.ItemDataRole.UserRole)) if item else None

    def _move(self, by: int) -> None:
        run_dir, place = self._chosen(), max(0, self.list.currentRow() + by)
        if run_dir is not None:
            self.list.setCurrentRow(min(place, self.list.count() - 1))
            self._do(lambda: self._queue.move(run_dir, place), lambda _: self.look())

    def _take_out(self) -> None:
        if (run_dir := self._chosen()) is not None:
            self._do(lambda: self._queue.remove(run_dir), lambda _: self.look())

    def _do(self, work: Callable[[], object], then: Callable[..., None]) -> None:
        self._background.run(work, then, self._failed)

    def _failed(self, error: Exception) -> None:
        self._looking = False
        if not isinstance(error, BadInput):
            raise error
        self.refused.emit(error.problems)

    @staticmethod
    def _button(words: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(words)
        button.clicked.connect(pressed)
        return button
