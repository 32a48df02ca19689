"""What to look for in a setting of the gallery, as long as it is in the form or trained the run that is shown."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from gpulab.spec.decode import encode
from gpulab.ui.lab.cards import TextCard
from gpulab.ui.lab.words import said

if TYPE_CHECKING:
    from gpulab.events.documents import RunStarted
    from gpulab.spec.experiment import Experiment
    from gpulab.viewmodels.learning.gallery import Exhibit
    from gpulab.viewmodels.record import RunRecord

_OPEN = "gallery/open"


def remembered() -> str:
    """The key of the setting that was open last, and that nobody wanted to hear no more of; empty where there is none.

    It is asked for at the next start, whose form shows what the last one did.
    """
    return str(QSettings().value(_OPEN, "", type=str))


class LookCard(TextCard):
    """Follows form and run; it comes back when a change of the form is taken back, and goes for good when closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(said("What to look for"), parent)
        self.exhibit: Exhibit | None = None
        self._in_form, self._in_run = False, False
        self._started: RunStarted | None = None
        self.close_button = QToolButton()
        self.close_button.setText("✕")
        self.close_button.setAccessibleName(said("Close “What to look for”"))
        self.close_button.setToolTip(said("Closes this. The Gallery on the Learn page opens it again."))
        self.close_button.clicked.connect(self.forget)
        head = QHBoxLayout()
        self.inside.removeWidget(self.title)
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button)
        self.inside.insertLayout(0, head)
        self.hide()

    def show_exhibit(self, exhibit: Exhibit, in_form: Experiment) -> None:
        """Says from now on what to look for in `exhibit`."""
        QSettings().setValue(_OPEN, exhibit.entry.key)
        self.exhibit = exhibit
        self.show_lines(_lines(exhibit))
        self._in_run = self._started is not None and exhibit.trains(self._started.experiment)
        self.show_form(in_form)

    def show_form(self, experiment: Experiment) -> None:
        """The form shows `experiment` now."""
        self._in_form = self.exhibit is not None and self.exhibit.trains(encode(experiment))
        self.setVisible(self._in_form or self._in_run)

    def show_run(self, run: RunRecord | None) -> None:
        """The Lab shows `run` now."""
        started = run.started if run else None
        if started is not self._started:
            self._started = started
            self._in_run = started is not None and self.exhibit is not None and self.exhibit.trains(started.experiment)
            self.setVisible(self._in_form or self._in_run)

    def forget(self) -> None:
        """Somebody has read it."""
        QSettings().remove(_OPEN)
        self.exhibit, self._in_form, self._in_run = None, False, False
        self.hide()


def _lines(exhibit: Exhibit) -> list[str]:
    entry = exhibit.entry
    lines = [f"<b>{escape(said(entry.title))}</b>", escape(said(entry.look))]
    if label := exhibit.danger_label:
        lines.append(escape(said("It shows the danger “{danger}”.").format(danger=said(label))))
    return lines
