"""The verdict cards: what it brought, what it cost, how sure that is, and what to try next."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gpulab.analysis.changes import Whole
from gpulab.analysis.saying import Verdict
from gpulab.ui.compare.marks import Mark
from gpulab.ui.compare.words import NO_RESULTS, WHOLES, saying
from gpulab.ui.form.verdict import Verdict as Said
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot

_SWEEPS = ("next_doses", "next_further")


class VerdictCard(QFrame):
    """One arm. `taken` carries the verdict whose suggestion is to be taken over."""

    taken = Signal(object)

    def __init__(self, place: int, name: str, verdict: Verdict, whole: Whole, theme: Theme) -> None:
        super().__init__()
        self.verdict, self.whole, self.name = verdict, whole, name
        self.setProperty("card", True)
        self.setAccessibleName(said("Verdict on {arm}").format(arm=name))
        self.mark = Mark(place, theme)
        title = QLabel(name)
        title.setProperty("heading", True)
        title.setWordWrap(True)
        mark, word, self._severity = outcome(verdict, whole)
        self.word = QLabel(f"{mark} {said(word)}")
        self.word.setProperty("severity", self._severity)
        self.word.setProperty("heading", True)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(7)
        column.addLayout(top)
        column.addWidget(self.word)
        self.lines = [Said(*line, parent=self, terms=True) for line in _lines(verdict, whole)]
        self.besides = [Said("", escape(saying(one)), "", "info", parent=self, terms=True) for one in verdict.besides]
        for line in self.lines:
            column.addWidget(line)
        self.button = self._button()
        if self.button is not None:
            column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.more = QPushButton()
        self.more.setCheckable(True)
        self.more.toggled.connect(self.unfold)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        for line in self.besides:
            column.addWidget(line)
        self.unfold(False)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.mark.set_theme(theme)
        for line in (*self.lines, *self.besides):
            line.set_theme(theme)

    def unfold(self, more: bool) -> None:
        """Shows what it means in other words too, or only the verdict."""
        self.more.setVisible(bool(self.besides))
        self.more.setChecked(more)
        text = said("Less") if more else said("What else ({count})").format(count=len(self.besides))
        self.more.setText(text)
        for line in self.besides:
            line.setVisible(more)

    def _button(self) -> QPushButton | None:
        suggested = self.verdict.next
        if not suggested.changes and suggested.key not in _SWEEPS:
            return None
        again = any(path.startswith("rules.") for path in suggested.changes)
        words = said("Ask that…") if again or not suggested.changes else said("Apply")
        button = QPushButton(words)
        button.setObjectName(f"apply:{self.verdict.arm}")
        tip = said("Opens a new comparison set up like that.")
        button.setToolTip(tip if words != said("Apply") else said("Changes the experiment. Ctrl+Z takes it back."))
        button.setAccessibleDescription(saying(suggested))
        button.clicked.connect(lambda: self.taken.emit(self.verdict))
        return button


def outcome(verdict: Verdict, whole: Whole) -> tuple[str, str, str]:
    """Mark, word and severity of an arm as a whole; one without any result is not said to need more runs."""
    return NO_RESULTS.get(verdict.benefit.key, WHOLES[whole])


def _lines(verdict: Verdict, whole: Whole) -> list[tuple[str, str, str, str]]:
    """Word, sentence, severity and picture of each line."""
    gained = whole in ("better", "mixed")
    paid = whole in ("worse", "mixed")
    return [
        (said("Gain:"), escape(saying(verdict.benefit)), "good" if gained else "", "check"),
        (said("Cost:"), escape(saying(verdict.cost)), "warning" if paid else "", "warning"),
        (said("How sure:"), escape(saying(verdict.confidence)), "info", "info"),
        (said("Try next:"), escape(saying(verdict.next)), "info", "play"),
    ]


class VerdictColumn(QScrollArea):
    """A card for each variant, made anew only where something in it changed."""

    taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.cards: dict[str, VerdictCard] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(said("Verdicts"))
        inside = QWidget()
        inside.setProperty("clear", True)
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch()
        self.setWidget(inside)
        self._known: Mapping[str, tuple[Verdict, Whole]] = {}

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The verdicts of `snapshot`, in the order of the arms."""
        known = {arm: (verdict, snapshot.wholes.get(arm, "too_few")) for arm, verdict in snapshot.verdicts.items()}
        for place, (arm, (verdict, whole)) in enumerate(known.items()):
            card = self.cards.get(arm)
            name = snapshot.names[arm]
            if card is not None and (card.verdict, card.whole, card.name) == (verdict, whole, name):
                continue
            focused = card is not None and card.button is not None and card.button.hasFocus()
            made = VerdictCard(snapshot.places[arm], name, verdict, whole, self._theme)
            made.taken.connect(self.taken)
            if card is not None:
                made.unfold(card.more.isChecked())
                self._drop(card)
            self.cards[arm] = made
            self._column.insertWidget(place, made)
            if focused and made.button is not None:
                made.button.setFocus()
        for arm in [arm for arm in self.cards if arm not in known]:
            self._drop(self.cards.pop(arm))

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = theme
        for card in self.cards.values():
            card.set_theme(theme)

    def _drop(self, card: VerdictCard) -> None:
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()
