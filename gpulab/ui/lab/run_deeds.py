"""What the controls of a run do: check, start, pause, stop, resume, queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.ui.background import Background
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab.actions import Actions
from gpulab.ui.lab.dialogs import ask_to_delete, ask_to_stop
from gpulab.ui.lab.queue_panel import QueuePanel
from gpulab.ui.lab.session import Session
from gpulab.ui.lab.words import said
from gpulab.viewmodels.loading import experiment_of
from gpulab.viewmodels.naming import named_apart
from gpulab.viewmodels.preflight import problems_before
from gpulab.viewmodels.record import RunRecord

if TYPE_CHECKING:
    from gpulab.ui.handing_over.handing import Subject

_CAN_RESUME = ("stopped", "failed", "vanished")


class RunDeeds(QObject):
    """Carries out the run actions and keeps them enabled exactly while they can do something."""

    told = Signal(str)
    refused = Signal(tuple)

    def __init__(
        self,
        actions: Actions,
        session: Session,
        form: ExperimentPanel,
        queue: QueuePanel,
        machine: Machine,
        background: Background,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._actions, self._session, self._form, self._queue = actions, session, form, queue
        self._machine, self._background, self._window = machine, background, window
        self._checking = False
        self.measuring: Callable[[], bool] = lambda: False
        self.subject: Callable[[], Subject | None] = lambda: None
        """What could be handed over; None where there is nothing."""
        actions["run"].triggered.connect(self.run)
        actions["queue"].triggered.connect(self.enqueue)
        actions["pause"].triggered.connect(lambda: session.order("pause"))
        actions["continue"].triggered.connect(lambda: session.order("resume"))
        actions["step"].triggered.connect(lambda: session.order("step"))
        actions["profile"].triggered.connect(self.profile)
        actions["stop"].triggered.connect(self.ask_stop)
        actions["resume"].triggered.connect(self.resume)
        actions["duplicate"].triggered.connect(self.duplicate)
        session.bin.changed.connect(self._tell_deleted)

    @property
    def training(self) -> bool:
        """Whether a training that this window watches is at work; a replay disturbs nobody."""
        return any(not record.replayed for record in self._live())

    @property
    def busy(self) -> bool:
        """Whether a new training would disturb another one, or a finder, or be disturbed by it."""
        return self.training or self.measuring()

    def run(self) -> None:
        """Trains what the form says; waits in the queue while another training is at work."""
        self.start(self._form.experiment(), of_form=True)

    def start(self, experiment: Experiment, of_form: bool = False) -> None:
        """Checks `experiment` away from the window, then starts it or puts it in line."""
        if of_form and self._form_is_wrong():
            return
        if self._checking:
            return
        self._checking = True
        self.refresh()
        self.told.emit(said("Checking the experiment and its text …"))

        def checked(problems: tuple[Problem, ...]) -> None:
            self._checking = False
            self.told.emit("")
            if problems:
                self._complain(problems)
            elif self.busy:
                self._put_in_line(experiment)
            else:
                self._session.start(self._named_apart(experiment))
            self.refresh()

        self._background.run(lambda: problems_before(experiment, self._machine), checked, self._broken)

    def enqueue(self) -> None:
        """Puts the form's experiment in line."""
        experiment = self._form.experiment()
        if self._form_is_wrong():
            return

        def checked(problems: tuple[Problem, ...]) -> None:
            if problems:
                self._complain(problems)
            else:
                self._put_in_line(experiment)

        self._background.run(lambda: problems_before(experiment, self._machine), checked, self._broken)

    def _named_apart(self, experiment: Experiment) -> Experiment:
        """Equal names in one table would be told apart by nobody."""
        return named_apart(experiment, {record.name for record in self._session.records.values()})

    def _put_in_line(self, experiment: Experiment) -> None:
        experiment = self._named_apart(experiment)
        self._queue.add(experiment)
        words = "“{name}” waits in the queue."
        if self.measuring() and not self.training:
            words = "“{name}” waits in the queue: what is being measured now must not be disturbed."
        self.told.emit(said(words).format(name=experiment.name))

    def pause_or_continue(self) -> None:
        """Holds the training between two steps, or lets it go on."""
        run = self._session.active
        if run is not None:
            self._session.order("resume" if run.state == "paused" else "pause")

    def profile(self) -> None:
        """Has the training note where its next steps spend time and memory."""
        self._session.order("profile")
        self.told.emit(said("The next steps are profiled; what is found goes into the run's folder."))

    def ask_stop(self) -> None:
        """Asks what to keep, then stops."""
        run = self._session.active
        if run is None:
            return
        ask_to_stop(
            self._window, run, lambda: self._session.order("stop_and_save"), lambda: self._session.order("stop")
        )

    def resume(self) -> None:
        """Goes on with the current run, unless another training is at work: two would disturb each other."""
        if (run := self._session.current) is None or run.state not in _CAN_RESUME:
            return
        if self.measuring():
            self.told.emit(said("Resume it when what is being measured now is done: both would be disturbed."))
        elif self.busy:
            self.told.emit(
                said("One training at a time: resume “{name}” when the other is done.").format(name=run.name)
            )
        else:
            self._session.resume(run.run_id)

    def duplicate(self) -> None:
        """Shows the current run's experiment in the form."""
        if (run := self._session.current) is None:
            return
        words = said("Open the experiment of “{name}”").format(name=run.name)
        self._background.run(
            lambda: experiment_of(run.folder),
            lambda experiment: self._form.set_experiment(experiment, words),
            self._broken,
        )

    def ask_delete(self, run_ids: list[str]) -> None:
        """Asks, then moves the runs to the trash. A run that trains stays."""
        idle = [run_id for run_id in run_ids if run_id not in self._session.threads]
        names = [self._session.records[run_id].name for run_id in idle]
        if names:
            ask_to_delete(self._window, names, lambda: self._session.delete(idle))

    def _tell_deleted(self) -> None:
        self.refresh()
        if count := self._session.bin.restorable:
            words = said("In the trash: {n}. “Bring deleted runs back” in the Run menu undoes it.")
            self.told.emit(words.format(n=count))

    def refresh(self) -> None:
        """Enables what can be done now."""
        active, current = self._session.active, self._session.current
        for name in ("pause", "continue", "step", "stop"):
            self._actions[name].setEnabled(active is not None)
        self._actions["profile"].setEnabled(active is not None and not active.replayed)
        paused = active is not None and active.state == "paused"
        self._actions["continue"].setVisible(paused)
        self._actions["pause"].setVisible(not paused)
        can_resume = (
            current is not None
            and current.state in _CAN_RESUME
            and not current.replayed
            and current.run_id not in self._session.threads
        )
        self._actions["resume"].setEnabled(can_resume)
        finished = current is not None and current.state == "done" and not current.replayed
        for name in ("scan", "age", "bias", "watch", "guard", "doses"):
            self._actions[name].setEnabled(finished)
        self._actions["undelete"].setEnabled(self._session.bin.restorable > 0)
        for name in ("duplicate", "show", "hide", "rename", "folder", "delete"):
            self._actions[name].setEnabled(current is not None)
        subject = self.subject()
        for name in ("copy_command", "report", "pack"):
            self._actions[name].setEnabled(subject is not None)
        self._actions["generate"].setEnabled(subject is not None and subject.models > 0)
        self._actions["export"].setEnabled(subject is not None and subject.models == 1)
        self._actions["record"].setEnabled(subject is not None and subject.models > 0)

    def _live(self) -> list[RunRecord]:
        return [self._session.records[run_id] for run_id in self._session.threads if run_id in self._session.records]

    def _form_is_wrong(self) -> bool:
        """The form marks its own problems; the first one gets the keys."""
        found = self._form.problems()
        if found:
            self._form.show_problems(())
            self._form.focus_setting(found[0].field)
            self.told.emit(said("Nothing was started: see the marked setting."))
        return bool(found)

    def _complain(self, problems: tuple[Problem, ...]) -> None:
        """At the field where it belongs to one, else in a dialog."""
        known = self._form.settings()
        self._form.show_problems(problems)
        if any(problem.field in known for problem in problems):
            self._window.activateWindow()
            self.told.emit(said("Nothing was started: see the marked setting."))
        else:
            self.refused.emit(problems)

    def _broken(self, error: Exception) -> None:
        self._checking = False
        self.refresh()
        problems = getattr(error, "problems", None) or (Problem("crashed", "", {"error": str(error)}),)
        self.refused.emit(problems)
