"""The button that runs a lesson's work, how far it is, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said
from gpulab.ui.learn.type import NORMAL, Words, sized
from gpulab.ui.learn.words import progress_line
from gpulab.viewmodels.learning.reading import Progress

_PARTS = 1000
_BAR = 14


class RunPart(QWidget):
    """`wanted` asks to run what the step is about, `stop_wanted` to end it."""

    wanted = Signal()
    stop_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.button, self.stop = QPushButton(), QPushButton(said("Stop"))
        self.button.setProperty("primary", True)
        for button in (self.button, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop.setToolTip(said("Ends it after the step at hand. It can go on later from there."))
        self.bar, self.line = QProgressBar(), Words(NORMAL)
        self.bar.setRange(0, _PARTS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(_BAR)
        self.bar.setAccessibleName(said("Progress"))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.button)
        row.addWidget(self.stop)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addWidget(self.line)
        self.button.clicked.connect(self.wanted)
        self.stop.clicked.connect(self.stop_wanted)

    def dress(self) -> None:
        """Buttons as large as the words."""
        for button in (self.button, self.stop):
            button.setFont(sized(NORMAL, bold=True))

    def show_progress(
        self, progress: Progress, hindrance: str = "", problem: str = "", starting: bool = False, locked: bool = False
    ) -> None:
        """How the work stands. `hindrance` says why it cannot begin now, `problem` why it did not.

        While it is `locked` it has no buttons.
        """
        working = progress.state == "working" or starting
        again = progress.state in ("stopped", "failed")
        play = said("Play the recording") if progress.recorded else said("Run")
        self.button.setText(said("Go on") if again else play)
        self.button.setVisible(progress.state in ("waiting", "stopped", "failed") and not starting and not locked)
        self.button.setEnabled(not hindrance)
        self.stop.setVisible(working and not starting and not progress.recorded and not locked)
        self.bar.setVisible(working or progress.state == "done")
        self.bar.setRange(0, 0 if starting and not progress.share else _PARTS)
        self.bar.setValue(_PARTS if progress.state == "done" else round(_PARTS * progress.share))
        told, severity = progress_line(progress, starting)
        if problem:
            told, severity = problem, "danger"
        elif hindrance and not working and progress.state != "done":
            told, severity = hindrance, "warning"
        self.line.mean(severity)
        self.line.say(told)
