"""The dialog of a finder or of the search: settings at the left, what is measured and suggested at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gpulab.events.documents import AnyDocument, Suggestion
from gpulab.runs.prewarming import Prewarmed
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import ASKS, TITLES, Kind, ask
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Setting, Value, settings_of
from gpulab.ui.finding.charts import JobCharts
from gpulab.ui.finding.status import advice, status_words
from gpulab.ui.finding.suggestions import Suggestions
from gpulab.ui.finding.work import Work
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import error_sentence
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.theme import Theme
from gpulab.viewmodels.finding import Finding, choices_of
from gpulab.viewmodels.stepping import stepped

_SIZE = QSize(1000, 620)
_LEFT = 290
_BAR = 10
_RUN = "run"  # which run is looked at was chosen before
_DRAW_MS = 100


class Surroundings(NamedTuple):
    """What a dialog asks the window. `hindrance` says in words why nothing may start now, or nothing."""

    experiment: Callable[[], Experiment]
    hindrance: Callable[[Kind], str]
    take: Callable[[Suggestion], None]
    undo: Callable[[], None]
    warm: Callable[[], Prewarmed | None]


class JobDialog(QDialog):
    """One kind of job. It may be closed at any time: what it started ends with it. `left` tells that it is over."""

    began = Signal()
    left = Signal()

    def __init__(
        self,
        kind: Kind,
        around: Surroundings,
        work: Work,
        theme: Theme,
        parent: QWidget | None,
        run: Path | None = None,
        name: str = "",
    ) -> None:
        """`run` and its `name` are for the kinds that look at a finished run."""
        super().__init__(parent)
        self.kind, self._around, self.work, self.run = kind, around, work, run
        work.setParent(self)
        self._values: dict[str, Value] = {setting.path: setting.default for setting in settings_of(ASKS[kind])}
        self._shown = tuple(setting for setting in settings_of(ASKS[kind]) if setting.path != _RUN)
        if run is not None:
            self._values[_RUN] = str(run)
        self.finding = Finding(kind)
        self._problem = ""
        self._clock = QTimer(self, interval=_DRAW_MS, singleShot=True)
        self._clock.timeout.connect(self._draw)
        self.setObjectName(f"job:{kind}")
        title = said(TITLES[kind][0])
        self.setWindowTitle(said("{title}: {name}").format(title=title, name=name) if name else title)
        self._build(theme)
        self._lay_out()
        self._connect()
        self._draw()

    def _build(self, theme: Theme) -> None:
        choices = {one.path: options for one in self._shown if (options := choices_of(self.kind, one))}
        for path, options in choices.items():
            if self._values[path] not in [option.value for option in options]:
                self._values[path] = options[0].value
        self.settings = Section(self._shown, choices, self._stepped, FieldKeys(self), self)
        self.settings.show_values(self._values)
        self.settings.set_theme(theme)
        self.start = QPushButton(said("Start"))
        self.start.setObjectName("start")
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        self.stop = QPushButton(said("Stop"))
        self.stop.setObjectName("stop")
        self.close_button = QPushButton(said("Close"))
        self.close_button.setObjectName("close")
        for button in (self.stop, self.close_button):
            button.setAutoDefault(False)
        self.status = QLabel()
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR)
        self.progress.setAccessibleName(said("Progress"))
        self.charts = JobCharts(theme)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName(said("What was measured"))
        self.suggestions = Suggestions()

    def _lay_out(self) -> None:
        about = QLabel(said(TITLES[self.kind][1]))
        about.setWordWrap(True)
        about.setProperty("muted", True)
        left = QVBoxLayout()
        left.setSpacing(10)
        for widget in (about, self.settings, self.start, self.stop):
            left.addWidget(widget)
        left.addStretch()
        left.addWidget(self.close_button)
        column = QWidget()
        column.setFixedWidth(_LEFT)
        left.setContentsMargins(0, 0, 0, 0)
        column.setLayout(left)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.charts, said("Chart"))
        self.tabs.addTab(self.table, said("Figures"))
        right = QVBoxLayout()
        right.addWidget(self.status)
        right.addWidget(self.progress)
        right.addWidget(self.tabs, 1)
        right.addWidget(self.suggestions)
        whole = QHBoxLayout(self)
        whole.setSpacing(16)
        whole.addWidget(column)
        whole.addLayout(right, 1)
        self.resize(_SIZE)

    def _connect(self) -> None:
        self.settings.edited.connect(self._edited)
        self.settings.settled.connect(lambda _: self._show_wrong())
        self.start.clicked.connect(self.begin)
        self.stop.clicked.connect(self.work.stop)
        self.close_button.clicked.connect(self.reject)
        self.suggestions.taken.connect(self._take_over)
        self.work.documents.connect(self._take)
        self.work.refused.connect(self._refused)
        self.work.left.connect(self._left)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self._around.undo)

    # --- what a person does ---

    def begin(self) -> None:
        """Starts the job, unless something is wrong with its settings, the form, or the moment."""
        if self.work.running or self._show_wrong():
            return
        self._problem = self._around.hindrance(self.kind)
        if not self._problem:
            self.finding = Finding(self.kind)
            self.suggestions.show_suggestions(())
            of = self._around.experiment() if self.run is None else self.run
            self.work.start(ask(self.kind, self._values), of, self._around.warm())
            self.began.emit()
        self._draw()
        (self.start if self._problem else self.stop).setFocus()

    def done(self, result: int) -> None:
        """Closing ends the job."""
        self.work.leave()
        self.left.emit()
        super().done(result)
        self.deleteLater()

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.charts.set_theme(theme)
        self.settings.set_theme(theme)

    def _edited(self, path: str, value: Value, typing: bool) -> None:
        self._values[path] = value
        if not typing:
            self.settings.show_values(self._values)
            self._show_wrong()

    def _stepped(self, setting: Setting, steps: int) -> Value:
        return stepped(setting, self._values, steps)

    def _show_wrong(self) -> bool:
        """Says below each setting what is wrong with it; true where anything is."""
        try:
            ask(self.kind, self._values)
        except BadInput as bad:
            self.settings.show_errors({problem.field: error_sentence(problem) for problem in bad.problems})
            return True
        self.settings.show_errors({})
        return False

    def _take_over(self, suggestion: Suggestion) -> None:
        self._around.take(suggestion)
        self._problem = ""
        self.status.setText(said("Taken over. Ctrl+Z takes it back."))
        self.status.setProperty("severity", "good")
        _restyle(self.status)

    # --- what the job says ---

    def _take(self, documents: Sequence[AnyDocument]) -> None:
        self.finding.take(documents)
        if not self._clock.isActive():
            self._clock.start()

    def _refused(self, problems: Sequence[Problem]) -> None:
        self._problem = " ".join(capital(sentence_of(problem)) for problem in problems)
        self._draw()

    def _left(self) -> None:
        self._clock.stop()
        self._draw()
        (self.suggestions.buttons or [self.start])[0].setFocus()
        self.left.emit()

    def _draw(self) -> None:
        finding, running = self.finding, self.work.running
        text, severity = status_words(finding, running, self._problem)
        self.status.setText(text)
        self.status.setProperty("severity", severity)
        _restyle(self.status)
        self.status.setToolTip(advice(finding))
        self.start.setVisible(not running)
        self.start.setText(said("Start again") if finding.over else said("Start"))
        self.stop.setVisible(running)
        self.settings.setEnabled(not running)
        self._show_progress(running)
        self.charts.show_charts(finding.plots)
        self._show_table()
        self.suggestions.show_suggestions(finding.suggestions)

    def _show_progress(self, running: bool) -> None:
        share = self.finding.done_share
        unknown = running and share is None
        self.progress.setRange(0, 0 if unknown else 1000)
        self.progress.setValue(round(1000 * (share or 0.0)))

    def _show_table(self) -> None:
        heads, *rows = [row[:-1] for row in self.finding.table]  # without the bars that a terminal gets
        self.table.setColumnCount(len(heads))
        self.table.setHorizontalHeaderLabels([said(head) for head in heads])
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            for column, text in enumerate(row):
                self.table.setItem(at, column, QTableWidgetItem(said(text)))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)


def _restyle(widget: QWidget) -> None:
    """Qt looks at a property only when it is told to."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
