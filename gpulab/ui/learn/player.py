"""Walks through a lesson: Space, arrows and the keys of a remote control go on and back; Home and End to its ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QPushButton, QToolButton, QVBoxLayout, QWidget

from gpulab.spec.lesson import Bet, Run
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import Problem
from gpulab.ui.background import Background
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.learn.step_view import StepView
from gpulab.ui.learn.type import NORMAL, Words, dress_all, sized
from gpulab.ui.learn.work import Guesses, LessonWork
from gpulab.ui.theme import Theme
from gpulab.viewmodels.learning.reading import Reading
from gpulab.viewmodels.learning.walk import Walk

if TYPE_CHECKING:
    from gpulab.report.writing import Format

_ON = (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_BACK = (Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Backspace)
_SCROLLS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class Player(QWidget):
    """`left` asks for the shelf; `locked` tells whether only Next and Back may be used.

    `told` carries a sentence, `refused` the problems of a handout that could not be written.

    `hindrance` says why nothing may run now; the window tells. Works are shown below `root` (None: the person's own).
    """

    left = Signal()
    locked = Signal(bool)
    told = Signal(str)
    refused = Signal(tuple)

    def __init__(self, background: Background, theme: Theme, root: Path | None = None) -> None:
        super().__init__()
        self.hindrance: Callable[[], str] = str
        self.work = LessonWork(background, root, self)
        self.walk: Walk | None = None
        self.reading = Reading()
        self._calm = self.is_locked = False
        self._problem = ""
        self.view = StepView(theme)
        self.name, self.place = Words(NORMAL, muted=True), Words(NORMAL, muted=True)
        self.shelf, self.handout, self.lock = QToolButton(), QToolButton(), QToolButton()
        self.back, self.next = QPushButton(), QPushButton()
        self._lay_out()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _lay_out(self) -> None:
        self._name_buttons()
        for button in (self.shelf, self.handout, self.lock, self.back, self.next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # whoever clicks goes on with Space as before
        self.next.setProperty("primary", True)
        head, foot = QHBoxLayout(), QHBoxLayout()
        self.name.setWordWrap(False)
        head.addWidget(self.shelf)
        head.addWidget(self.name, 1)
        head.addWidget(self.handout)
        head.addWidget(self.lock)
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        foot.addWidget(self.back)
        foot.addWidget(self.place, 1)
        foot.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        column.addLayout(foot)

    def _name_buttons(self) -> None:
        told = (
            (
                self.shelf,
                said("‹ Lessons"),
                said("Leaves the lesson. What runs is stopped and can go on another time."),
            ),
            (
                self.handout,
                said("Print handout…"),
                said("The lesson on paper, or as a page: its texts, the room's guesses, and what came out here."),
            ),
            (self.back, said("‹ Back"), said("The step before. The left arrow does it too.")),
        )
        for button, words, tip in told:
            button.setText(words)
            button.setToolTip(tip)
        self._name_lock()

    def _name_lock(self) -> None:
        self.lock.setText(said("Unlock…") if self.is_locked else said("Lock"))
        self.lock.setToolTip(
            said("Asks whether all else may be used again. Esc does it too.")
            if self.is_locked
            else said("Leaves only Next and Back, so that nobody changes anything. Esc unlocks.")
        )

    def _connect(self) -> None:
        self.shelf.clicked.connect(self.left)
        self.lock.clicked.connect(lambda: self.ask_unlock() if self.is_locked else self.set_locked(True))
        self.handout.clicked.connect(self._ask_handout)
        self.back.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(self.go_on)
        self.work.opened.connect(self._opened)
        self.work.read.connect(self._read)
        self.work.refused.connect(self._refused)
        self.work.changed.connect(self._show)
        bet, run = self.view.bet, self.view.run
        bet.guessed.connect(self._guess)
        bet.taken_back.connect(self._take_back)
        bet.walked.connect(self._walk_by)
        run.wanted.connect(self._run)
        run.stop_wanted.connect(self.work.stop)

    # --- what the page may ask ---

    def open(self, written: Written) -> None:
        """Begins the lesson at its first step."""
        self.walk, self.reading, self._problem = Walk(written.lesson), Reading(), ""
        self.name.say(said(written.lesson.title))
        self.setAccessibleName(said(written.lesson.title))
        self.work.open(written, self.walk.charts)
        self._show()
        self.setFocus()

    def close_lesson(self) -> None:
        """Leaves it; what runs is asked to stop."""
        self.set_locked(False)
        self.work.close()
        self.walk = None

    def go_on(self) -> None:
        """The next step; where the step at hand has something to run that has not begun, that first."""
        if self.walk is None:
            return
        if self.walk.to_run(self.reading) and not self.work.running and not self.hindrance():
            self._run()
        elif self.walk.last:
            if not self.is_locked:
                self.left.emit()
        else:
            self.go(1)

    def go(self, way: int) -> None:
        """To another step; the keys are the player's again."""
        if self.walk is not None and self.walk.go(way):
            self._problem = ""
            self._show()
            self.setFocus()

    def set_calm(self, calm: bool) -> None:
        """Before an audience the buttons at the top are gone, but for the lock."""
        self._calm = calm
        if not calm:
            self.set_locked(False)
        self._show_controls()

    def set_locked(self, locked: bool) -> None:
        """Only Next and Back are left, or everything again."""
        if locked != self.is_locked:
            self.is_locked = locked
            self._name_lock()
            self._show_controls()
            self._show()
            self.locked.emit(locked)
            self.setFocus()

    def ask_unlock(self) -> None:
        """Somebody may have hit Esc by chance."""
        if self.findChild(QMessageBox, "unlock_lesson") is not None:
            return
        box = QMessageBox(self)
        box.setObjectName("unlock_lesson")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText(said("The lesson is locked: only Next and Back can be used."))
        box.setInformativeText(said("Unlock it?"))
        stay = box.addButton(said("Stay"), QMessageBox.ButtonRole.RejectRole)
        unlock = box.addButton(said("Unlock"), QMessageBox.ButtonRole.AcceptRole)
        unlock.setObjectName("unlock")
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        unlock.clicked.connect(lambda: self.set_locked(False))
        box.open()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self.view.set_theme(theme)
        dress_all(self)
        for button in (self.back, self.next):
            button.setFont(sized(NORMAL, bold=True))
        self._show()

    # --- what comes ---

    def _opened(self, guesses: Guesses) -> None:
        if self.walk is not None:
            at = self.walk.at
            self.walk = Walk(self.walk.lesson, guesses)
            self.walk.at = at

    def _read(self, reading: Reading) -> None:
        self.reading = reading
        self._show()

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._problem = " ".join(capital(sentence_of(one)) for one in problems)
        self._show()

    def _show(self) -> None:
        walk = self.walk
        if walk is None:
            return
        self.view.show_step(walk, self.reading, self.is_locked)
        if isinstance(walk.step, Run):
            hindrance = "" if self.work.running else self.hindrance()
            starting = self.work.running == walk.step.work and self.work.starting
            progress = self.reading.progress(walk.step.work)
            self.view.run.show_progress(progress, hindrance, self._problem, starting, self.is_locked)
        self._tell_place(walk)

    def _tell_place(self, walk: Walk) -> None:
        count = len(walk.lesson.steps)
        self.place.say(" ".join("●" if place == walk.at else "○" for place in range(count)))
        self.place.setAccessibleName(said("Step {at} of {count}").format(at=walk.at + 1, count=count))
        self.back.setEnabled(walk.at > 0)
        runs = bool(walk.to_run(self.reading)) and not self.work.running
        self.next.setText(said("Run ›") if runs else said("Done ✓") if walk.last else said("Next ›"))
        self.next.setToolTip(said("Space or the right arrow does it too."))
        self.next.setEnabled(not (walk.last and self.is_locked))

    def _show_controls(self) -> None:
        for button in (self.shelf, self.handout):
            button.setVisible(not self.is_locked and not self._calm)
        if self.walk is not None:
            self._tell_place(self.walk)

    # --- hands ---

    def _ask_handout(self) -> None:
        from gpulab.ui.handing_over.reporting import ask_report, write_handout

        def chosen(kind: Format, out: Path) -> None:
            self.work.with_show(
                lambda show: write_handout(show, kind, out),
                lambda path: self.told.emit(said("Wrote {path}.").format(path=path)),
                self.refused.emit,
            )

        if self.walk is not None:
            ask_report(self.walk.lesson.name, self, chosen, ("pdf", "html"), "Print handout")

    def _run(self) -> None:
        if self.walk is not None and isinstance(self.walk.step, Run):
            self._problem = ""
            self.work.run(self.walk.step.work)
            self.setFocus()

    def _guess(self, text: str, who: str) -> None:
        if self.walk is None:
            return
        if self.walk.guess(text, who):
            self.view.bet.take()
            self._kept()
        elif isinstance(self.walk.step, Bet):
            self.view.bet.refuse()

    def _take_back(self, place: int) -> None:
        if self.walk is not None:
            self.walk.take_back(place)
            self._kept()

    def _kept(self) -> None:
        if self.walk is not None:
            self.work.keep(self.walk.at, self.walk.guesses)
            self._show()

    def _walk_by(self, key: int) -> bool:
        """Goes where `key` leads; False where it leads nowhere."""
        if key in _ON:
            self.go_on()
        elif key in _BACK:
            self.go(-1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.walk is not None:
            self.go(len(self.walk.lesson.steps) * (1 if key == Qt.Key.Key_End else -1))
        else:
            return False
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks; a figure that is typed goes to the bet."""
        key = event.key()
        if key in _ON and event.isAutoRepeat():  # a key that is held would run through the lesson
            return
        if self._walk_by(key):
            return
        if key in _SCROLLS:
            self.view.scroll_by(_SCROLLS[Qt.Key(key)])
        elif key == Qt.Key.Key_Escape and self.is_locked:
            self.ask_unlock()
        elif key == Qt.Key.Key_Escape and not self._calm:
            self.left.emit()
        elif self.is_locked or not self.view.type(event):
            super().keyPressEvent(event)
