"""What the page's measurements have in common: a button, how far it is, a way to stop, one job at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from gpulab.events.documents import AnyDocument
from gpulab.hardware.machine import Machine
from gpulab.runs.jobs import jobs_root
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Job, Kind
from gpulab.spec.problem import Problem
from gpulab.ui.background import Background
from gpulab.ui.finding.work import Work
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.viewmodels.finding import Finding
from gpulab.words import sentence

_BAR = 8


class Surroundings(NamedTuple):
    """What the tabs ask the window. `hindrance` says in words why no job of a kind may start now, or nothing."""

    machine: Machine
    background: Background
    experiment: Callable[[], Experiment]
    hindrance: Callable[[Kind], str]
    warm: Callable[[], Prewarmed | None]
    root: Path | None = None

    @property
    def jobs(self) -> Path:
        """Where jobs lie."""
        return self.root or jobs_root()


class Measuring(QWidget):
    """A bar with the button at its left. `pressed` asks whoever owns it to call `begin`; `told` follows each document,
    `left` the end."""

    pressed = Signal()
    told = Signal()
    left = Signal()

    def __init__(self, kind: Kind, words: str, around: Surroundings) -> None:
        super().__init__()
        self.kind, self._around = kind, around
        self.finding = Finding(kind)
        self.work = Work(around.jobs, around.machine, around.background, self)
        self.start, self.stop = QPushButton(words), QPushButton(said("Stop"))
        self.start.setProperty("primary", True)
        self.status, self.progress = QLabel(), QProgressBar()
        self._problem = ""
        self._lay_out()
        self.start.clicked.connect(self.pressed)
        self.stop.clicked.connect(self.work.stop)
        self.work.documents.connect(self._take)
        self.work.refused.connect(self._refuse)
        self.work.left.connect(self._left)
        self.show_state("")

    def _lay_out(self) -> None:
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR)
        self.progress.setAccessibleName(said("Progress"))
        beside = QVBoxLayout()
        beside.setSpacing(3)
        beside.addWidget(self.status)
        beside.addWidget(self.progress)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.start)
        row.addWidget(self.stop)
        row.addLayout(beside, 1)

    @property
    def running(self) -> bool:
        return self.work.running

    def begin(self, job: Job, of: Experiment | Path | None) -> None:
        """Starts `job`, unless something else is at work; then it says so."""
        if self.work.running:
            return
        self._problem = self._around.hindrance(self.kind)
        if not self._problem:
            self.finding = Finding(self.kind)
            self.work.start(job, of, self._around.warm())
            self.show_state("", None)
            self.stop.setFocus()
        else:
            self.show_state("")

    def show_state(self, words: str, share: float | None = None) -> None:
        """`words` say what is done now; problems and a bad end go before. `share` is None where nobody knows."""
        running = self.work.running
        self.start.setVisible(not running)
        self.stop.setVisible(running)
        self.progress.setVisible(running)
        self.progress.setRange(0, 0 if share is None else 1000)
        self.progress.setValue(round(1000 * (share or 0.0)))
        text, severity = self._status(words)
        self.status.setText(text)
        self.status.setVisible(bool(text))
        if self.status.property("severity") != severity:
            self.status.setProperty("severity", severity)
            self.status.style().unpolish(self.status)
            self.status.style().polish(self.status)

    def leave(self) -> None:
        """The window closes: it stops."""
        self.work.leave()

    def _status(self, words: str) -> tuple[str, str]:
        finding = self.finding
        if self._problem:
            return self._problem, "danger"
        if self.work.running and finding.state == "starting":
            return said("A worker of its own is starting. The window stays free."), ""
        if finding.state == "stopped" and finding.suggestions:
            found = finding.suggestions[0]
            return capital(sentence(found.key, found.arguments, said)), ""
        if finding.over and finding.state != "done":
            arguments = {name: value for name, value in finding.arguments.items() if name != "log"}
            return capital(sentence(finding.reason, arguments, said)), "" if finding.state == "stopped" else "danger"
        return words, ""

    def _take(self, documents: Sequence[AnyDocument]) -> None:
        self.finding.take(documents)
        self.told.emit()

    def _refuse(self, problems: Sequence[Problem]) -> None:
        self._problem = " ".join(capital(sentence_of(problem)) for problem in problems)

    def _left(self) -> None:
        was_here = self.stop.hasFocus()
        self.show_state("")
        if was_here:
            self.start.setFocus()
        self.left.emit()
