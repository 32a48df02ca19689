"""The cards of the dangers that a run showed: what happened, the evidence one click away, and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from gpulab.analysis.dangers import Try
from gpulab.analysis.dangers.watch import Raised
from gpulab.ui.help.terms import TermLabel
from gpulab.ui.lab.cards import NoticeCard
from gpulab.ui.lab.words import SEVERITIES, capital, said
from gpulab.words import sentence


class DangerCard(NoticeCard):
    """One danger. `taken` carries a change of settings to try, `chart_asked` the series that shows the danger."""

    taken = Signal(object)
    chart_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.raised: Raised | None = None
        self.since = _muted()
        self.inside.insertWidget(1, self.since)
        self.more = QToolButton()
        self.more.setText(said("Evidence"))
        self.more.setCheckable(True)
        self.more.setProperty("boxed", True)
        self.more.setToolTip(said("What was measured, from which value on it counts, and why."))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.toggled.connect(self._show_evidence)
        self.evidence = TermLabel()
        self.evidence.setTextFormat(Qt.TextFormat.RichText)
        self.evidence.setWordWrap(True)
        self.evidence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.evidence.hide()
        self.tries = QWidget()
        self._tries = QVBoxLayout(self.tries)
        self._tries.setContentsMargins(0, 0, 0, 0)
        self._tries.setSpacing(5)
        self.buttons: list[QPushButton] = []
        self.taken_note = _muted()
        self.taken_note.setParent(self.tries)
        self.taken_note.hide()
        self.inside.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.inside.addWidget(self.evidence)
        self.inside.addWidget(self.tries)

    def show_danger(self, raised: Raised, calm: bool) -> None:
        """Shows `raised`; `calm` leaves out what an audience cannot press."""
        before, self.raised = self.raised, raised
        danger, detector = raised.danger, raised.detector
        self.show_notice(danger.severity, capital(sentence(danger.key, danger.arguments, said)))
        mark, word = SEVERITIES[danger.severity]
        self.title.setText(f"{mark} {said(word)}: {said(detector.label)}")
        self.setAccessibleName(f"{said(word)}: {said(detector.label)}")
        self.more.setAccessibleName(said("Evidence for {danger}").format(danger=said(detector.label)))
        self.since.setText(said("since step {step}").format(step=danger.step))
        self.since.setVisible(bool(danger.step))
        self.more.setVisible(not calm)
        self.evidence.setVisible(self.more.isChecked() and not calm)
        self.tries.setVisible(bool(danger.tries) and not calm)
        if before is None or before.detector != detector or before.danger.tries != danger.tries:
            self._offer(danger.tries)
        if before is None or before.detector != detector:
            self.evidence.setText(_evidence(raised))

    def settle(self) -> None:
        """What was taken over may have been taken back since."""
        self.taken_note.hide()

    def say_taken(self, wanted: Try, changes: str) -> None:
        """Says what has become of the form, below the button that was pressed."""
        button = next(one for one in self.buttons if one.objectName() == f"try:{wanted.key}")
        self._tries.insertWidget(self._tries.indexOf(button) + 1, self.taken_note)
        self.taken_note.setText(
            said("In the experiment at the left now: {changes}. Ctrl+Z takes it back.").format(changes=changes)
        )
        self.taken_note.show()

    def _show_evidence(self, shown: bool) -> None:
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.evidence.setVisible(shown)
        if shown and self.raised is not None and self.raised.danger.series:
            self.chart_asked.emit(self.raised.danger.series)

    def _offer(self, tries: Sequence[Try]) -> None:
        while (item := self._tries.takeAt(0)) is not None:
            if (widget := item.widget()) is not None and widget is not self.taken_note:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        self.settle()
        heading = QLabel(said("What to try"))
        heading.setProperty("heading", True)
        self._tries.addWidget(heading)
        for one in tries:
            words = TermLabel(sentence(one.key, one.arguments, said))
            words.setWordWrap(True)
            words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
            self._tries.addWidget(words)
            if one.changes:
                self._tries.addWidget(self._button(one), 0, Qt.AlignmentFlag.AlignLeft)

    def _button(self, one: Try) -> QPushButton:
        button = QPushButton(said("Take it over"))
        button.setObjectName(f"try:{one.key}")
        button.setToolTip(said("Puts it into the experiment at the left, for the next run. Ctrl+Z takes it back."))
        button.setAccessibleDescription(sentence(one.key, one.arguments, said))
        button.clicked.connect(lambda: self.taken.emit(one))
        self.buttons.append(button)
        return button


def _muted() -> QLabel:
    label = QLabel()
    label.setProperty("muted", True)
    label.setWordWrap(True)
    return label


def _evidence(raised: Raised) -> str:
    """Rich text: what a rule measures, from which value on it counts, why, and where the rule comes from."""
    from html import escape

    detector = raised.detector
    parts = (
        (said("Measured"), detector.measured),
        (said("Counts from"), detector.threshold),
        (said("Why"), detector.why),
        (said("Source"), detector.source),
    )
    return "".join(
        f"<p style='margin:0 0 5px 0'><b>{escape(name)}:</b> {escape(said(text))}</p>" for name, text in parts if text
    )
