"""Where a step's time goes: phases as one bar, operators as many, kernels before and after fusing, what it means."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gpulab.ui.hardware.cards import WIDER, card, side_column
from gpulab.ui.hardware.operators_table import OperatorsTable
from gpulab.ui.hardware.profile_head import ProfileHead
from gpulab.ui.hardware.stacked_bars import StackedBars
from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.profiles import Shown
from gpulab.viewmodels.hardware.step_time import Fact, step_time
from gpulab.viewmodels.record import RunRecord
from gpulab.words import sentence

_RIGHT = 330


class StepTab(HardwareTab):
    """Shows what `head` has chosen. It owns the head's work; the Memory tab only borrows the head."""

    def __init__(self, head: ProfileHead, theme: Theme) -> None:
        super().__init__()
        self.head, self._theme = head, theme
        self._calm = False
        self.bars, self.operators = StackedBars(theme), OperatorsTable(theme)
        self.meaning, self.quiet = QLabel(), QLabel()
        self._facts = QGridLayout()
        self._lay_out()
        head.shown.connect(self._show)
        head.measuring.left.connect(self.measured)
        self._show(None)

    def _lay_out(self) -> None:
        self.meaning.setWordWrap(True)
        self.meaning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.quiet.setWordWrap(True)
        self.quiet.setProperty("muted", True)
        self.quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        facts = QWidget()
        facts.setLayout(self._facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setColumnStretch(0, 1)
        self.phases = card(said("Where one step's time goes"), self.bars)
        self.listed = card(said("What took it"), self.operators)
        self.listed.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.right = side_column(card(said("In figures"), facts), card(said("What this means"), self.meaning))
        below = QHBoxLayout()
        below.setSpacing(12)
        below.addWidget(self.listed, 1)
        below.addWidget(self.right)
        self._inside = QWidget()
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(10)
        inside.addWidget(self.phases)
        inside.addLayout(below, 1)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 8, 0, 0)
        self._whole.setSpacing(10)
        self._whole.addWidget(self.head)  # from the start: shown without a parent it would be a window of its own
        self._whole.addWidget(self._inside, 1)
        self._whole.addWidget(self.quiet, 1)
        self.right.setFixedWidth(_RIGHT)

    @property
    def running(self) -> bool:
        return self.head.measuring.running

    def come(self) -> None:
        self._whole.insertWidget(0, self.head)
        self.head.setVisible(not self._calm)
        self.head.look_up()

    def leave(self) -> None:
        self.head.leave()

    def set_calm(self, calm: bool) -> None:
        self._calm = calm
        self.head.setVisible(not calm)
        self.right.setVisible(not calm)

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme = theme
        self.right.setFixedWidth(round(_RIGHT * min(scale, WIDER)))
        self.bars.set_theme(theme)
        self.operators.set_theme(theme)

    def show_records(self, records: Sequence[RunRecord]) -> None:
        self.head.show_records(records)

    def _show(self, shown: Shown | None) -> None:
        profile = shown.profile if shown is not None else None
        self._inside.setVisible(profile is not None)
        self.quiet.setVisible(profile is None)
        if profile is None:
            self.quiet.setText(empty(shown))
            return
        step = step_time(profile, shown.plain if shown else None)
        self.bars.show_bars(step.bars)
        self.operators.show_step(step)
        self._fill(step.facts)
        self.meaning.setText(" ".join(sentence(key, arguments, said) for key, arguments in step.said))

    def _fill(self, facts: Sequence[Fact]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, fact in enumerate(facts):
            name, figure = QLabel(said(fact.label)), QLabel()
            name.setProperty("muted", True)
            before = f"{escape(fact.beside)} → " if fact.beside else ""
            figure.setText(f"{before}<b>{escape(fact.figure)}</b>")
            for label in (name, figure):
                label.setToolTip(said(fact.help))
            self._facts.addWidget(name, row, 0)
            self._facts.addWidget(figure, row, 1, Qt.AlignmentFlag.AlignRight)
        if any(fact.beside for fact in facts):
            arrow = QLabel(said("Before the arrow: with nothing fused."))
            arrow.setWordWrap(True)
            arrow.setProperty("muted", True)
            self._facts.addWidget(arrow, len(facts), 0, 1, 2)


def empty(shown: Shown | None) -> str:
    """What to do where there is no profile."""
    if shown is None:
        return said(
            "Nothing was profiled yet.\n\n“Profile the experiment” takes a few steps of what the form says, in "
            "about ten seconds for a small model.\nWhile a training is at work, the same button profiles that."
        )
    words = said("“{name}” was not profiled. Its memory over the run stands under Memory.")
    return words.format(name=shown.source.name)
