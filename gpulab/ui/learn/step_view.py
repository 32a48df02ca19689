"""One step of a lesson on the screen: words at the left or in the middle, its chart beside them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gpulab.spec.lesson import Bet, Reveal, Run, Show, Step
from gpulab.ui.lab.words import said
from gpulab.ui.learn.bet_part import BetPart, GuessBoard
from gpulab.ui.learn.chart import LessonChart
from gpulab.ui.learn.figures_part import FiguresPart
from gpulab.ui.learn.run_part import RunPart
from gpulab.ui.learn.type import HUGE, LARGE, NORMAL, Words, dress_all, sized
from gpulab.ui.learn.words import KINDS, PENDING, rich
from gpulab.ui.theme import Theme
from gpulab.ui.theme.pictures import Picture, has_picture
from gpulab.viewmodels.learning.reading import Reading
from gpulab.viewmodels.learning.walk import NO_CHART, Walk

_LINES = 5.5
_LETTERS = 74  # in a line of the step's words, where nothing stands beside them


class _Room(QScrollArea):
    """Scrolls by wheel, or when it is told to: keys are the player's."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class StepView(QWidget):
    """Parts that every step shares; each shows those it has. The player fills `run` and listens to `bet`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.kind, self.title = Words(NORMAL, muted=True), Words(HUGE, bold=True)
        self.text = Words(LARGE, rich=True)
        self.picture = Picture("pruning", theme, _LINES)
        self.figures, self.bet, self.board, self.run = FiguresPart(), BetPart(), GuessBoard(), RunPart()
        self.chart = LessonChart(theme)
        self._words = QWidget()
        self._words.setProperty("clear", True)
        self._shown: Step | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._words)
        column.setContentsMargins(20, 8, 20, 8)
        column.setSpacing(14)
        column.addStretch(2)
        for part in (self.picture, self.kind, self.title, self.figures, self.text, self.bet, self.run, self.board):
            column.addWidget(part)
        column.addStretch(3)
        self._room = _Room()
        self._room.setWidgetResizable(True)
        self._room.setFrameShape(QFrame.Shape.NoFrame)
        self._room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        middle = QWidget()
        middle.setProperty("clear", True)
        across = QHBoxLayout(middle)
        across.setContentsMargins(0, 0, 0, 0)
        across.addStretch(1)
        across.addWidget(self._words, 100)
        across.addStretch(1)
        self._room.setWidget(middle)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._room, 5)
        row.addWidget(self.chart, 6)

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self.chart.set_theme(theme)
        self.picture.set_theme(theme)
        dress_all(self)
        self.bet.dress()
        self.run.dress()
        self._fit()

    def show_step(self, walk: Walk, reading: Reading, locked: bool = False) -> None:
        """The step at hand, as far as its works have come; while it is `locked` nobody may guess."""
        step = walk.step
        if step is not self._shown:
            self._shown = step
            kind = said(KINDS[str(type(step).__struct_config__.tag)])
            self.kind.say(kind.upper())
            self.title.say(said(step.title))
            self._draw(step, walk)
            self._room.verticalScrollBar().setValue(0)
            self._fit()
        self.text.say(rich(step.text, reading.figure))
        figures = step.figures if isinstance(step, Show | Reveal) else ()
        self.figures.set_alone(walk.chart() == NO_CHART)
        self.figures.show_figures([reading.figure(path) for path in figures], PENDING)
        self.bet.setVisible(isinstance(step, Bet))
        if isinstance(step, Bet):
            self.bet.show_bet(step, walk.lesson, walk.guesses, locked)
        self.run.setVisible(isinstance(step, Run))
        self.board.show_guesses(walk.lesson, walk.bets(), reading.figure)
        self._chart(walk, reading)

    def type(self, event: QKeyEvent) -> bool:
        """A letter that was typed without going to a field; says whether it was taken."""
        return isinstance(self._shown, Bet) and self.bet.type(event)

    def scroll_by(self, way: int) -> None:
        """A little down (or up, -1) in a text that is longer than the screen."""
        bar = self._room.verticalScrollBar()
        bar.setValue(bar.value() + way * 3 * bar.singleStep())

    def _draw(self, step: Step, walk: Walk) -> None:
        name = step.picture or ("" if isinstance(step, Run | Reveal | Bet | Show) else walk.lesson.picture)
        self.picture.setVisible(has_picture(name))
        if has_picture(name):
            self.picture.show_picture(name)

    def _chart(self, walk: Walk, reading: Reading) -> None:
        work, series = walk.chart()
        beside = (work, series) != NO_CHART
        if beside != self.chart.isVisibleTo(self):
            self.chart.setVisible(beside)
            self._fit()
        if not beside:
            return
        state = reading.progress(work).state
        waits = (
            said("The curve begins when it runs.") if state == "waiting" else said("The first figures are on the way …")
        )
        self.chart.show_curves(series, reading.curves.get((work, series), ()), waits)

    def _fit(self) -> None:
        """Lines that can be read: not the whole width where the words stand alone."""
        alone = not self.chart.isVisibleTo(self)
        self.text.setFont(sized(LARGE if alone else NORMAL * 1.1))
        wide = self.text.fontMetrics().averageCharWidth() * _LETTERS
        self._words.setMaximumWidth(wide if alone else 16_777_215)
