"""Which profile is shown, and how to get another: one bar that the tabs of a step's time and memory share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gpulab.spec.jobs import ask
from gpulab.spec.problem import BadInput
from gpulab.ui.hardware.measuring import Measuring, Surroundings
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.viewmodels.hardware.profiles import Known, Shown, Source, known, read, sources
from gpulab.viewmodels.record import RunRecord
from gpulab.words import sentence

_LOOK_MS = 400
_TRACE_FILES = "*.json.gz"


class AtWork(NamedTuple):
    """The training that could be profiled, None where there is none; `profile` orders it."""

    training: Callable[[], RunRecord | None]
    profile: Callable[[], None]


class ProfileHead(QWidget):
    """`shown` carries what was read of the chosen profile, or None where there is nothing to choose."""

    shown = Signal(object)

    def __init__(self, around: Surroundings, at_work: AtWork) -> None:
        super().__init__()
        self._around, self._at_work = around, at_work
        self._records: Sequence[RunRecord] = ()
        self._sources: tuple[Source, ...] = ()
        self._now: Shown | None = None
        self._wanted = ""
        self._awaited: tuple[RunRecord, int] | None = None
        self.which = QComboBox()
        self.save = QPushButton(said("Save trace…"))
        self.measuring = Measuring("profile", "", around)
        self.note = QLabel()
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._look)
        self._lay_out()
        self._connect()
        self._show_button()

    def _lay_out(self) -> None:
        label = self._label = QLabel(said("&Profile of"))
        label.setBuddy(self.which)
        self.which.setAccessibleName(said("Profile of"))
        self.which.setMinimumContentsLength(26)
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.save.setToolTip(said("Writes the whole course of the steps as a file for ui.perfetto.dev."))
        self.note.setWordWrap(True)
        self.note.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.which)
        row.addWidget(self.save)
        row.addSpacing(8)
        row.addWidget(self.measuring, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addLayout(row)
        whole.addWidget(self.note)

    def _connect(self) -> None:
        self.which.activated.connect(lambda _: self._read())
        self.save.clicked.connect(self._ask_where)
        self.measuring.pressed.connect(self.begin)
        self.measuring.told.connect(self._tell)
        self.measuring.left.connect(self._left)

    # --- what the tabs ask ---

    def show_records(self, records: Sequence[RunRecord]) -> None:
        """The runs there are; what they were profiled for is looked up when the page is seen."""
        self._records = list(records)
        self._show_button()
        if self.isVisible():
            self.look_up()

    def look_up(self) -> None:
        """Reads anew which profiles there are, away from the window."""
        self._show_button()
        runs: list[Known] = known(self._records)
        jobs = self._around.jobs
        self._around.background.run(lambda: sources(runs, jobs), self._offer)

    def leave(self) -> None:
        """The window closes."""
        self._clock.stop()
        self.measuring.leave()

    # --- what a person does ---

    def begin(self) -> None:
        """Profiles the training at work, else a throw-away model of the form's experiment."""
        self._say("")
        if (record := self._at_work.training()) is None:
            self.measuring.begin(ask("profile"), self._around.experiment())
            return
        self._awaited = (record, len(record.notices))
        self._at_work.profile()
        self._say(
            said("Waiting for the next steps of “{name}”. A paused run takes them when it goes on.").format(
                name=record.name
            )
        )
        self._show_button()
        self._clock.start()

    def save_trace(self, path: Path) -> None:
        """Copies the trace of what is shown to `path`, away from the window."""
        if self._now is None or self._now.trace is None:
            return
        trace = self._now.trace
        words = said("Wrote {path}. Open it at ui.perfetto.dev or chrome://tracing.").format(path=path)
        failed = said("{path} was not saved: {reason}.")

        def broken(error: Exception) -> None:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._say(failed.format(path=path, reason=reason), "danger")

        self._around.background.run(lambda: shutil.copyfile(trace, path), lambda _: self._say(words, "good"), broken)

    def _ask_where(self) -> None:
        assert self._now is not None
        name = f"{self._now.source.name}.trace.json.gz".replace("/", "-")
        chosen, _ = QFileDialog.getSaveFileName(self, said("Save trace"), name, _TRACE_FILES)
        if chosen:
            self.save_trace(Path(chosen if chosen.endswith(".gz") else f"{chosen}.json.gz"))

    # --- reading and showing ---

    def _offer(self, found: tuple[Source, ...]) -> None:
        key = self._wanted or self.which.currentData()
        self._wanted, self._sources = "", found
        blocker = QSignalBlocker(self.which)
        self.which.clear()
        for source in found:
            self.which.addItem(_line(source), source.key)
        self.which.setCurrentIndex(max(0, self.which.findData(key)) if found else -1)
        for widget in (self._label, self.which):
            widget.setVisible(bool(found))
        blocker.unblock()
        self._read()

    def _read(self) -> None:
        at = self.which.currentIndex()
        if not 0 <= at < len(self._sources):
            self._take(None)
            return
        source = self._sources[at]
        if self._now is None or self._now.source != source:
            self._around.background.run(lambda: read(source), self._take, self._broken)

    def _take(self, found: Shown | None) -> None:
        self._now = found
        self.save.setVisible(found is not None and found.trace is not None)
        self.shown.emit(found)

    def _broken(self, error: Exception) -> None:
        if not isinstance(error, BadInput):
            raise error
        self._take(None)
        self._say(" ".join(capital(sentence_of(problem)) for problem in error.problems), "danger")

    def _show_button(self) -> None:
        record = self._at_work.training()
        of_training = record is not None
        self.measuring.start.setText(said("Profile the training") if of_training else said("Profile the experiment"))
        self.measuring.start.setToolTip(
            said("The next five steps note where time and memory go. They are slower, and count for no speed.")
            if of_training
            else said("A throw-away model of the form's experiment takes a few steps, as set and with nothing fused.")
        )
        self.measuring.start.setEnabled(self._awaited is None)

    def _tell(self) -> None:
        made = len(self.measuring.finding.trials)
        words = said("Profiling the experiment as it is set …") if not made else said("The same with nothing fused …")
        self.measuring.show_state(words, (made + 0.5) / max(1, self.measuring.finding.planned))

    def _left(self) -> None:
        if (folder := self.measuring.work.job_dir) is not None and self.measuring.finding.trials:
            self._wanted = str(folder / "profiles" / "as_set.json")
        self.look_up()

    def _look(self) -> None:
        """Whether the training has told of its profile."""
        if self._awaited is None:
            self._clock.stop()
            return
        record, before = self._awaited
        for notice in record.notices[before:]:
            if notice.key == "profiled":
                self._wanted = str(record.folder / str(notice.arguments.get("path", "")))
                self._end("")
                return
            if notice.arguments.get("probe") == "profile":
                self._end(capital(sentence(notice.key, notice.arguments, said)))
                return
        if not record.live:
            self._end(sentence("profile_not_made", {}, said))

    def _end(self, words: str) -> None:
        self._awaited = None
        self._clock.stop()
        self._say(words, "danger" if words else "")
        self.look_up()

    def _say(self, words: str, severity: str = "") -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))
        self.note.setProperty("severity", severity)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)


def _line(source: Source) -> str:
    if source.path is None:
        return said("{name} (memory only)").format(name=source.name)
    if source.step is None:
        return said("{name}, before training").format(name=source.name)
    return said("{name}, from step {step}").format(name=source.name, step=source.step)
