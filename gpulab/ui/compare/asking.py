"""Every way to ask for a comparison ends here: a dialog that is set up as it was meant, or runs put side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from gpulab.comparisons import answers
from gpulab.comparisons.existing_runs import compare_runs
from gpulab.comparisons.standing import Standing
from gpulab.spec.comparison import Question
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import Value
from gpulab.ui.background import Background
from gpulab.ui.compare.new import NewComparison
from gpulab.ui.compare.page import ComparePage
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme


class Asking(QObject):
    """Asks of the experiment in `form`, shows on `page`. `theme` is asked each time, for people change it."""

    def __init__(
        self,
        form: ExperimentPanel,
        page: ComparePage,
        background: Background,
        theme: Callable[[], Theme],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._form, self._page, self._background = form, page, background
        self._theme, self._window = theme, window
        self.dialog: NewComparison | None = None
        page.asked.connect(self.ask)
        page.asked_about.connect(self.ask)
        page.runs_asked.connect(self.compare_runs)
        page.again.connect(self.ask_again)
        page.sweep.connect(self.ask_how_far)

    def ask(self, question: Question, about: str = "") -> None:
        """The dialog of `question` on the form's experiment; `about` is the technique, or the setting that is swept."""
        if self._form.problems():
            self._page.told.emit(said("The experiment cannot be run as it is: see the marked setting."))
            self._form.show_problems(self._form.problems())
            return
        experiment = self._form.experiment()
        waits = self._page.hindered
        self._open(
            NewComparison(question, experiment, self._form.measured_speed, self._theme(), self._window, about, waits)
        )

    def ask_again(self, standing: Standing, rules: Mapping[str, Value]) -> None:
        """The same sides under other rules; what was run for it already is not run again."""
        speed, waits = self._form.measured_speed, self._page.hindered
        dialog = NewComparison.again(standing, rules, speed, self._theme(), self._window, waits)
        self._open(dialog, earlier=standing.folder)

    def ask_how_far(self, standing: Standing, arm: str) -> None:
        """How far the dose can go in which `arm` differs."""
        dose = answers.dose_of(standing, arm)
        speed, waits = self._form.measured_speed, self._page.hindered
        experiment = standing.experiments[arm]
        self._open(
            NewComparison("doses", experiment, speed, self._theme(), self._window, dose.path if dose else "", waits)
        )

    def compare_runs(self, folders: Sequence[Path]) -> None:
        """Puts runs that are there side by side; the first is the baseline. Trains nothing."""
        if not folders:
            self._page.told.emit(said("Choose runs in the table first; the one with the keys becomes the baseline."))
            return
        root = self._page.root
        self._background.run(lambda: compare_runs(root, folders, folders[0]), self._page.show_new, self._failed)

    def _open(self, dialog: NewComparison, earlier: Path | None = None) -> None:
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = dialog
        dialog.started.connect(lambda asked, experiments: self._page.start(asked, experiments, earlier))
        dialog.finished.connect(lambda _: self._closed(dialog))
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _closed(self, dialog: NewComparison) -> None:
        if self.dialog is dialog:
            self.dialog = None
        dialog.deleteLater()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, BadInput):
            raise error
        self._page.refused.emit(error.problems)
