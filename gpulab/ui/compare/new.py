"""The dialog before a comparison: what is asked, under which rules, and what it will take."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gpulab.comparisons.standing import Standing
from gpulab.comparisons.taking_over import seeds_there
from gpulab.comparisons.variants import Made
from gpulab.spec.comparison import Question, Rules
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.ui.compare.questions import part_for
from gpulab.ui.compare.words import QUESTIONS
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import error_sentence
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.theme import Switch, Theme
from gpulab.viewmodels.comparing import setup
from gpulab.viewmodels.comparing.setup import Draft, Outlook
from gpulab.viewmodels.estimates import MeasuredSpeed
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.options import Option
from gpulab.viewmodels.stepping import stepped

_SIZE = QSize(760, 560)
_PAUSE_MS = 250


class NewComparison(QDialog):
    """`started` carries the comparison and each arm's experiment. `hindrance` says why it will have to wait, if so."""

    started = Signal(object, object)

    def __init__(
        self,
        question: Question,
        experiment: Experiment,
        speed: MeasuredSpeed,
        theme: Theme,
        parent: QWidget | None,
        about: str = "",
        hindrance: str = "",
    ) -> None:
        super().__init__(parent)
        self._question, self._experiment, self._speed = question, experiment, speed
        self._again: Standing | None = None
        self._made: Made | None = None
        title, what = QUESTIONS[question]
        self.setObjectName(f"compare:{question}")
        self.setWindowTitle(said(title).rstrip("…"))
        self.part = part_for(question, experiment, about)
        self._values: dict[str, Value] = setup.default_rules()
        self._build(theme, said(what), hindrance)
        self._look()

    @classmethod
    def again(
        cls,
        standing: Standing,
        rules: Mapping[str, Value],
        speed: MeasuredSpeed,
        theme: Theme,
        parent: QWidget | None,
        hindrance: str = "",
    ) -> NewComparison:
        """The same arms as in `standing` once more, under its rules with those of `rules` changed."""
        comparison = standing.comparison
        dialog = cls(
            "one_at_a_time",
            standing.experiments[comparison.baseline.key],
            speed,
            theme,
            parent,
            hindrance=hindrance,
        )
        dialog._again = standing
        dialog.setWindowTitle(said("Ask again: {name}").format(name=comparison.name))
        dialog.part.hide()
        dialog.about.setText(
            said("The same sides once more: {names}.").format(names=", ".join(a.name for a in comparison.arms))
        )
        dialog._values = {s.path: getattr(comparison.rules, s.path) for s in settings_of(Rules)} | dict(rules)
        dialog.rules.show_values(dialog._values)
        dialog.advanced.setChecked(any(s.advanced and dialog._values[s.path] != s.default for s in settings_of(Rules)))
        dialog._look()
        return dialog

    def _build(self, theme: Theme, what: str, hindrance: str) -> None:
        self.about = QLabel(what)
        self.about.setWordWrap(True)
        self.about.setProperty("muted", True)
        shown = settings_of(Rules)
        choices = {one.path: tuple(Option(c, one.label_of(c)) for c in one.choices) for one in shown if one.choices}
        self.rules = Section(shown, choices, self._stepped, FieldKeys(self), self)
        self.rules.show_values(self._values)
        self.rules.set_theme(theme)
        self.outlook, self.wrong = QLabel(), QLabel()
        for label, severity in ((self.outlook, ""), (self.wrong, "danger")):
            label.setWordWrap(True)
            label.setProperty("severity", severity)
        self.outlook.setProperty("heading", True)
        self.first = QLabel()
        self.first.setWordWrap(True)
        self.first.setProperty("muted", True)
        self.advanced = Switch(said("Advanced"), self)
        self.advanced.setToolTip(said("Shows what counts as equal, prices and power."))
        self.advanced.toggled.connect(self.rules.set_advanced)
        self.waits = QLabel(hindrance and said("{reason} This comparison waits until then.").format(reason=hindrance))
        self.waits.setWordWrap(True)
        self.waits.setProperty("severity", "warning")
        self.waits.setVisible(bool(hindrance))
        self.start, self.cancel = QPushButton(said("Start")), QPushButton(said("Cancel"))
        self.start.setObjectName("start")
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        self.cancel.setAutoDefault(False)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._lay_out()
        self._pause.timeout.connect(self._look)
        self.part.changed.connect(self._pause.start)
        self.rules.edited.connect(self._edited)
        self.start.clicked.connect(self._start)
        self.cancel.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.about)
        left.addWidget(self.part, 1 if self.part.grows else 0)
        if not self.part.grows:
            left.addStretch()
        for label in (self.outlook, self.first, self.wrong, self.waits):
            left.addWidget(label)
        heading = QLabel(said("How it is decided"))
        heading.setProperty("heading", True)
        room = QScrollArea()
        room.setWidgetResizable(True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rules.setProperty("clear", True)
        room.setWidget(self.rules)
        title = QHBoxLayout()
        title.addWidget(heading, 1)
        title.addWidget(self.advanced)
        right.addLayout(title)
        right.addWidget(room, 1)
        sides = QHBoxLayout()
        sides.setSpacing(24)
        sides.addLayout(left, 1)
        sides.addLayout(right, 1)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        whole = QVBoxLayout(self)
        whole.setSpacing(12)
        whole.addLayout(sides, 1)
        whole.addLayout(buttons)
        self.resize(_SIZE)

    # --- hands ---

    def _edited(self, path: str, value: Value, typing: bool) -> None:
        self._values[path] = value
        if typing:
            self._pause.start()
        else:
            self.rules.show_values(self._values)
            self._look()

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, self._values, steps)

    def _start(self) -> None:
        self._look()
        if self._made is not None:
            self.started.emit(*self._made)
            self.accept()

    # --- what it would be ---

    def _look(self) -> None:
        """Makes the comparison, without writing anything, to say what it takes or what is wrong."""
        self._pause.stop()
        try:
            self._made = self._make()
        except BadInput as bad:
            self._made = None
            self._show_wrong(bad.problems)
            return
        self._show_wrong(())
        there = seeds_there(self._again, self._made[0].rules) if self._again else 0
        self.outlook.setText(outlook_words(setup.outlook(*self._made, self._speed, there), there))

    def _make(self) -> Made:
        if self._again is not None:
            return setup.again(self._again, self._values)
        return setup.made(self.part.fill(Draft(self._question, rules=self._values)), self._experiment)

    def _show_wrong(self, problems: tuple[Problem, ...]) -> None:
        fields = {one.field.removeprefix("rules."): error_sentence(one) for one in problems}
        self.rules.show_errors({path: text for path, text in fields.items() if path in self._values})
        others = [one for one in problems if one.field.removeprefix("rules.") not in self._values]
        missing = "" if self._again else self.part.missing
        self.first.setText(missing)
        self.first.setVisible(bool(missing))
        self.wrong.setText("\n".join(capital(sentence_of(one)) for one in others))
        self.wrong.setVisible(bool(others) and not missing)
        self.start.setEnabled(not problems)
        self.outlook.setVisible(not problems)


def outlook_words(found: Outlook, there: int = 0) -> str:
    """`2 sides: 6 to 20 runs, about 4 min to 14 min on this machine.` Of so many seeds the runs are `there`."""
    alike = found.least_runs == found.most_runs
    text = said("{arms} sides: {runs} runs") if alike else said("{arms} sides: {least} to {runs} runs")
    if there:
        text = said("{arms} sides: {runs} more runs") if alike else said("{arms} sides: {least} to {runs} more runs")
    text = text.format(arms=found.arms, least=found.least_runs, runs=found.most_runs)
    if found.least_seconds is None or found.most_seconds is None:
        return said("{runs}. How long they take is not known: no run like these was made on this machine.").format(
            runs=text
        )
    least, most = duration(round(found.least_seconds)), duration(round(found.most_seconds))
    if least == most:
        return said("{runs}, about {time} on this machine.").format(runs=text, time=least)
    return said("{runs}, about {least} to {most} on this machine.").format(runs=text, least=least, most=most)
