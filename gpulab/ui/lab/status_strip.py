"""The status bar: what the active run does, how far it is, how long it still takes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from gpulab.ui.lab.words import said, status_line
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.status import MARKS, status_of

_PARTS = 1000


class StatusStrip(QStatusBar):
    """Shows one run; messages of a moment cover it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, 8, 0)
        self.words = QLabel()
        self.words.setAccessibleName(said("Status"))
        self.progress = QProgressBar()
        self.progress.setRange(0, _PARTS)
        self.progress.setAccessibleName(said("Progress"))
        self.progress.setFixedWidth(220)
        self.progress.setFormat("%p %")
        self.addWidget(self.words, 1)
        self.addPermanentWidget(self.progress)
        self.show_run(None)

    def show_run(self, run: RunRecord | None, elsewhere: str = "") -> None:
        """Where the run stands; or, where it does not train, what is at work `elsewhere`; or that nothing is."""
        if run is None or (elsewhere and not run.live):
            self._say(elsewhere or said("Ready."))
            self.progress.hide()
            return
        status = status_of(run)
        self._say(f"{MARKS[status.state]}  {status_line(status)}")
        self.progress.setVisible(run.live)
        if status.steps:
            self.progress.setRange(0, _PARTS)
            self.progress.setValue(round(status.share * _PARTS))
        else:
            self.progress.setRange(0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        """A message that came while the bar was hidden covers what it shows, as any other does."""
        super().showEvent(event)
        if self.currentMessage():
            self.words.hide()
            self.words.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)  # Qt brings it back

    def _say(self, text: str) -> None:
        if text != self.words.text():
            self.words.setText(text)
