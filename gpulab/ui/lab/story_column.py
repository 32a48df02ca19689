"""The column at the right that tells in plain words what is happening."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from gpulab.ui.lab.cards import NoticeCard, ResultCard, TextCard, WritingCard
from gpulab.ui.lab.words import line, said, state
from gpulab.ui.theme import Theme
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.status import MARKS
from gpulab.viewmodels.story import story_of
from gpulab.words import sentence

_NOTICES = 4


class StoryColumn(QScrollArea):
    """Shows one run's story; `show_run` is cheap enough to be called after every batch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(said("Story"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.now = TextCard(said("What is happening"))
        self.result = ResultCard()
        self.notices = [NoticeCard("") for _ in range(_NOTICES)]
        self.news = TextCard(said("What just happened"))
        self.writing = WritingCard()
        inside = QWidget()
        inside.setProperty("clear", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for card in (self.now, self.result, *self.notices, self.news, self.writing):
            column.addWidget(card)
        column.addStretch()
        self.setWidget(inside)
        self.setMinimumWidth(240)
        self.show_run(None)

    def show_run(self, run: RunRecord | None) -> None:
        """The story of `run`, or what to do where there is none."""
        if run is None:
            self.now.title.setText(said("Nothing is running"))
            self.now.show_lines(
                [said("Press <b>Run</b> to train the model at the left, or <b>Show me</b> to see one train.")]
            )
            for card in (self.result, self.news, self.writing, *self.notices):
                card.hide()
            return
        story = story_of(run)
        self.now.title.setText(f"{MARKS[run.state]}  {state(run.state)}: {run.name}")
        self.now.show_lines([line(each) for each in story.now] + self._ending(run))
        self.news.show_lines([line(each) for each in story.news])
        self.writing.show_texts(story.texts)
        self.result.show_result(story.result)
        for card, notice in zip(self.notices, story.notices, strict=False):
            card.show_notice(notice.severity, sentence(notice.key, notice.arguments, said))
        for card in self.notices[len(story.notices) :]:
            card.hide()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """The written text keeps its fixed width at every size of type."""
        self.writing.set_type_size(QApplication.font().pointSizeF() * 0.95)

    @staticmethod
    def _ending(run: RunRecord) -> list[str]:
        from html import escape

        if run.ended is None or not run.ended.reason:
            return []
        arguments = {name: value for name, value in run.ended.arguments.items() if name != "log"}
        return [escape(sentence(run.ended.reason, arguments, said))]
