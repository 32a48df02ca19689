"""Carries what happens to runs to every panel that shows them, a few times a second at most."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gpulab.ui.lab.words import said
from gpulab.viewmodels.speeds import Finished, Speeds, newest_finished

if TYPE_CHECKING:
    from gpulab.hardware.machine import Machine
    from gpulab.ui.main_window import MainWindow

_WORTH_TELLING_S = 0.5
_TELL_MS = 200  # figures in words five times a second: faster cannot be read


class RunNews(QObject):
    """Stands between the session and the panels of one window."""

    def __init__(self, window: MainWindow, machine: Machine) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._dirty: set[str] = set()
        self._clock = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._clock.timeout.connect(self._tell)
        self._curves_clock = QTimer(self, singleShot=True, interval=0)  # of many runs that come at once one picture
        self._curves_clock.timeout.connect(self._show_curves)
        session = window.session
        session.put.connect(self._put)
        session.put_all.connect(self._put_all)
        session.reading.connect(self._reading)
        session.arrivals.progress.connect(self._listing)
        self._reads_since: dict[str, float] = {}
        session.wanted = lambda run_id: window.visibility.shown(run_id) or run_id == session.current_id
        session.changed.connect(self._changed)
        session.removed.connect(self._removed)
        session.left.connect(self._left)
        session.listed.connect(self._learn_speeds)
        session.listed.connect(lambda: window.say(""))
        self._speeds = Speeds(machine)
        session.current_changed.connect(self._show_current)
        window.visibility.changed.connect(self._show_curves)
        window.runs.selected.connect(self._selected)
        window.charts.ready.connect(self._show_curves)

    def end(self) -> None:
        """Nobody looks any more."""
        self._clock.stop()
        self._curves_clock.stop()

    def _put(self, run_id: str) -> None:
        """A run is new, or its record is."""
        self._window.runs.model.put(self._session.records[run_id])
        if run_id in self._session.threads:
            self._window.visibility.keep(run_id)
        self._changed(run_id)
        self._curves_clock.start()
        if run_id == self._session.current_id:
            self._show_current()

    def _put_all(self, run_ids: list[str]) -> None:
        """Many runs are new at once."""
        runs = self._window.runs
        if not runs.model.rowCount():
            QTimer.singleShot(0, runs.table, runs.table.scrollToBottom)  # the newest of thousands are looked for first
        runs.model.put_all([self._session.records[run_id] for run_id in run_ids])
        self._show_curves()
        if self._session.current_id in run_ids:
            self._show_current()

    def _listing(self, done: int, of: int) -> None:
        """Thousands of runs are read for the first time."""
        self._window.say(said("Reading runs: {done} of {of} …").format(done=f"{done:,}", of=f"{of:,}"))

    def _reading(self, name: str, share: float) -> None:
        """A run's curves are read for the first time; what is done before a person has read it is not told."""
        if share >= 1.0:
            if perf_counter() - self._reads_since.pop(name, perf_counter()) > _WORTH_TELLING_S:
                self._window.say("")
        elif perf_counter() - self._reads_since.setdefault(name, perf_counter()) > _WORTH_TELLING_S:
            self._window.say(
                said("Reading the curves of “{name}”: {share} …").format(name=name, share=f"{share * 100:.0f} %")
            )

    def _changed(self, run_id: str) -> None:
        self._dirty.add(run_id)
        if not self._clock.isActive():
            self._clock.start()

    def _tell(self) -> None:
        window, session = self._window, self._session
        dirty, self._dirty = self._dirty, set()
        for run_id in dirty & session.records.keys():
            window.runs.model.refresh(run_id)
            window.charts.update_run(session.records[run_id])
        if session.current_id in dirty:
            window.story.show_run(session.current, window.pages.at_work)
        window.status.show_run(session.active or session.current, window.pages.at_work)
        window.deeds.refresh()

    def _removed(self, run_ids: list[str]) -> None:
        self._window.runs.model.drop(run_ids)
        self._window.visibility.forget(run_ids)

    def _left(self, run_id: str) -> None:
        self._changed(run_id)
        self._window.deeds.refresh()
        self._window.queue.look()
        self._learn_speeds()

    def _learn_speeds(self) -> None:
        """The form tells times from what finished runs measured; their experiments are read away from the window."""
        records = list(self._session.records.values())
        self._learn(lambda: newest_finished(records))

    def learn(self, runs: list[Finished]) -> None:
        """Runs of a comparison measured speeds too."""
        self._learn(lambda: runs)

    def _learn(self, runs: Callable[[], list[Finished]]) -> None:
        speeds, form = self._speeds, self._window.form

        def told(fresh: int) -> None:
            if fresh:
                form.set_speed_source(speeds)

        self._window.background.run(lambda: speeds.learn(runs()), told)

    def _selected(self, run_ids: list[str]) -> None:
        self._window.visibility.select(run_ids)
        if run_ids:
            self._session.set_current(run_ids[0])

    def _show_current(self) -> None:
        window, run = self._window, self._session.current
        if run is not None:
            self._session.complete(run.run_id)
            if run.run_id not in window.runs.selection():
                window.runs.select(run.run_id)
        window.charts.choose(run.run_id if run else None)
        self.tell_of_pages()
        window.deeds.refresh()

    def tell_of_pages(self) -> None:
        """Something began or ended on another page, which the Lab must not call nothing."""
        window, session = self._window, self._session
        window.story.show_run(session.current, window.pages.at_work)
        window.status.show_run(session.active or session.current, window.pages.at_work)

    def _show_curves(self) -> None:
        window, session = self._window, self._session
        shown = [run for run_id, run in session.records.items() if window.visibility.shown(run_id)]
        for run in shown:
            session.complete(run.run_id)
        window.charts.show_runs([run for run in shown if run.complete])
