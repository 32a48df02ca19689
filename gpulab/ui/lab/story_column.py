"""The column at the right that tells in plain words what is happening."""

from __future__ import annotations

import html
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from gpulab.events.documents import RunEnded
from gpulab.ui.lab.cards import NoticeCard, ResultCard, TextCard, WritingCard
from gpulab.ui.lab.danger_cards import DangerCard
from gpulab.ui.lab.dialogs import tell
from gpulab.ui.lab.look_card import LookCard
from gpulab.ui.lab.words import capital, line, said, state_of
from gpulab.ui.theme import Theme
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.story import story_of
from gpulab.words import sentence

_NOTICES = 4


class StoryColumn(QScrollArea):
    """Shows one run's story; `show_run` is cheap enough to be called after every batch.

    `taken` carries a card and what a person wants to try, `chart_asked` a series whose chart is asked for.
    """

    taken = Signal(object, object)
    chart_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(said("Story"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.look = LookCard()
        self.now = TextCard(said("What is happening"))
        self.result = ResultCard()
        self.dangers: dict[str, DangerCard] = {}
        self._order: tuple[str, ...] = ()
        self.notices = [NoticeCard("") for _ in range(_NOTICES)]
        self.news = TextCard(said("What just happened"))
        self.writing = WritingCard()
        inside = QWidget()
        inside.setProperty("clear", True)
        self._column = column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for card in (self.look, self.now, self.result, *self.notices, self.news, self.writing):
            column.addWidget(card)
        column.addStretch()
        self.setWidget(inside)
        self.setMinimumWidth(240)
        self._calm = False
        self._run: RunRecord | None = None
        self.now.words.link_pressed.connect(self._show_details)
        self.show_run(None)

    def show_run(self, run: RunRecord | None, elsewhere: str = "") -> None:
        """The story of `run`, or what to do where there is none; `elsewhere` says what is at work on another page."""
        self._run = run
        self.look.show_run(run)
        self.now.words.set_linking(run is not None and not run.live)  # what changes with every step cannot be pressed
        self._show_dangers(run)
        if run is None:
            self.now.title.setText(said("At work on another page") if elsewhere else said("Nothing is running"))
            waits = said("What you <b>Run</b> here waits in the queue until it is over.")
            invites = said("Press <b>Run</b> to train the model at the left, or <b>Show me</b> to see a comparison.")
            self.now.show_lines([html.escape(elsewhere), waits] if elsewhere else [invites])
            for card in (self.result, self.news, self.writing, *self.notices):
                card.hide()
            return
        story = story_of(run)
        self.now.title.setText(f"{state_of(run)}: {run.name}")
        self.now.show_lines([line(each) for each in story.now] + self._ending(run))
        self.news.show_lines([] if self._calm else [line(each) for each in story.news])
        self.writing.show_texts(story.texts)
        self.result.show_result(story.result)
        for card, notice in zip(self.notices, story.notices, strict=False):
            card.show_notice(notice.severity, capital(sentence(notice.key, notice.arguments, said)))
        for card in self.notices[len(story.notices) :]:
            card.hide()

    def _show_dangers(self, run: RunRecord | None) -> None:
        """A card each below what is happening, the gravest first; the first ever shown makes it."""
        found = run.dangers if run else ()
        for one in found:
            name = one.detector.name
            if name not in self.dangers:
                card = self.dangers[name] = DangerCard()
                card.taken.connect(lambda wanted, card=card: self.taken.emit(card, wanted))
                card.chart_asked.connect(self.chart_asked)
            self.dangers[name].show_danger(one, self._calm)
        order = tuple(one.detector.name for one in found)
        if order != self._order:
            for name in self._order:
                self._column.removeWidget(self.dangers[name])
            first = 1 + self._column.indexOf(self.now)
            for place, name in enumerate(order):
                self._column.insertWidget(first + place, self.dangers[name])
            self._order = order
        for name, card in self.dangers.items():
            card.setVisible(name in order)

    def settle(self) -> None:
        """The form has changed: what was taken over may be there no longer."""
        for card in self.dangers.values():
            card.settle()

    def set_calm(self, calm: bool) -> None:
        """Less to read, for an audience."""
        self._calm = calm
        self.show_run(self._run)

    def set_theme(self, theme: Theme, scale: float) -> None:
        """The written text keeps its fixed width at every size of type."""
        self.writing.set_type_size(QApplication.font().pointSizeF() * 0.95)

    @staticmethod
    def _ending(run: RunRecord) -> list[str]:
        if run.ended is None or not run.ended.reason:
            return []
        arguments = {name: value for name, value in run.ended.arguments.items() if name != "log"}
        words = escape(capital(sentence(_reason(run.ended), arguments, said)))
        return [f"{words} <a href='details'>{said('Details')}</a>" if run.state in ("failed", "vanished") else words]

    def _show_details(self) -> None:
        """What happened, what it means, what to try; the worker's own last words can be copied."""
        run = self._run
        if run is None or run.ended is None:
            return
        arguments = {name: value for name, value in run.ended.arguments.items() if name != "log"}
        happened = capital(sentence(_reason(run.ended), arguments, said))
        means = said("Everything that was recorded is kept. Other runs are not touched.")
        try_ = said("“Resume run” goes on from the last checkpoint; “Duplicate run” starts anew with other settings.")
        log = str(run.ended.arguments.get("log", "")) or said("The file worker.log in the run's folder says more.")
        tell(self, happened, means, try_, f"{run.folder}\n\n{log}")


def _reason(ended: RunEnded) -> str:
    """A refusal names the problem among its arguments."""
    return str(ended.arguments.get("problem", ended.reason)) if ended.reason == "bad_input" else ended.reason
