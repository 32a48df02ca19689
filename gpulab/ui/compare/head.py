"""What stands above everything: the question, how far the answer is, the baseline, and how to stop or go on."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from gpulab.ui.compare.marks import Mark
from gpulab.ui.compare.words import STATES, ending, open_line, question_of, state_line
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, icon
from gpulab.viewmodels.comparing.snapshot import Snapshot

_BAR = 8
_LARGE = 1.45


class Head(QFrame):
    """The buttons are wired by the page."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self.setProperty("card", True)
        self.question, self.state, self.more, self.base = QLabel(), QLabel(), QLabel(), QLabel()
        self.question.setWordWrap(True)
        self.question.setObjectName("question")
        for label in (self.state, self.more, self.base):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more.setProperty("muted", True)
        self.mark = Mark(0, theme)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR)
        self.progress.setAccessibleName(said("Progress"))
        self.stop, self.go_on = QPushButton(said("Stop")), QPushButton(said("Go on"))
        self.stop.setObjectName("stop_comparison")
        self.go_on.setObjectName("go_on")
        self.stop.setToolTip(said("Stops it between two steps. What is finished stays, and it can go on later."))
        self.go_on.setToolTip(said("Goes on with the runs that are missing."))
        self._lay_out()
        self.set_theme(theme)

    def _lay_out(self) -> None:
        top, base = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.question, 1)
        for button in (self.stop, self.go_on):
            top.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        base.setSpacing(6)
        base.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        base.addWidget(self.base, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.state)
        column.addWidget(self.progress)
        column.addWidget(self.more)
        column.addLayout(base)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = theme
        self.mark.set_theme(theme)
        font = QFont(QApplication.font())
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        font.setWeight(QFont.Weight.DemiBold)
        self.question.setFont(font)
        side = self.fontMetrics().height()
        for button, name in ((self.stop, "stop"), (self.go_on, "play")):
            button.setIcon(icon(name, theme))
            button.setIconSize(QSize(side, side))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The headline of `snapshot`."""
        self._snapshot = snapshot
        head, standing = snapshot.headline, snapshot.standing
        self.question.setText(question_of(standing))
        self.question.setToolTip(head.name)
        self.state.setText(state_line(head))
        _set(self.state, "severity", STATES[head.state][2])
        self.more.setText(
            " ".join(
                filter(
                    None, (ending(standing), open_line(head, standing.comparison.rules.least_seeds), _fair(snapshot))
                )
            )
        )
        self.more.setVisible(bool(self.more.text()))
        self.progress.setVisible(head.working)
        self.progress.setRange(0, 1000)
        self.progress.setValue(round(1000 * head.share))
        self.stop.setVisible(head.state == "working")
        self.go_on.setVisible(head.can_go_on or head.state == "waiting")
        self.go_on.setText(said("Start") if head.state == "waiting" else said("Go on"))
        self.base.setText(_baseline(snapshot))

    def set_calm(self, calm: bool) -> None:
        """Only what an audience needs."""
        for widget in (self.stop, self.go_on, self.more):
            widget.setHidden(calm)
        if not calm and self._snapshot is not None:
            self.show_snapshot(self._snapshot)


def _baseline(snapshot: Snapshot) -> str:
    """The baseline with its main figures, always in sight."""
    name = snapshot.standing.comparison.baseline.name
    told = [
        f"{said(row.metric.label)} <b>{row.cells[0].value}</b>"
        for row in snapshot.rows
        if row.judged and row.cells[0].tone == "base"
    ]
    first = said("Baseline: <b>{name}</b>").format(name=name)
    return " &nbsp;·&nbsp; ".join([first, *told])


def _fair(snapshot: Snapshot) -> str:
    """Whether each arm took its own best learning rate first."""
    tuned = snapshot.standing.tuned
    return said("Each side first searched its own best learning rate.") if tuned else ""


def _set(label: QLabel, name: str, value: str) -> None:
    """Qt looks at a property only when it is told to."""
    if label.property(name) != value:
        label.setProperty(name, value)
        label.style().unpolish(label)
        label.style().polish(label)
