"""The Compare page: the list at the left, the chosen comparison beside it, an invitation where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFocusEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QSplitter, QStackedWidget, QWidget

from gpulab.analysis.saying import Verdict
from gpulab.comparisons import folder as folders
from gpulab.comparisons.listing import Listed
from gpulab.hardware.machine import Machine
from gpulab.spec.comparison import Comparison
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.ui.background import Background
from gpulab.ui.compare.chooser import Chooser
from gpulab.ui.compare.detail import Detail
from gpulab.ui.compare.invitation import Invitation
from gpulab.ui.compare.story import Story
from gpulab.ui.compare.watch import ListWatch, Watch
from gpulab.ui.compare.words import saying
from gpulab.ui.compare.work import Work
from gpulab.ui.handing_over.handing import Subject
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.pages import Page
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.headline import measured
from gpulab.viewmodels.comparing.snapshot import Snapshot

_CHOOSER = 160
_READING_MS = 350


class ComparePage(Page):
    """`root` is where comparisons lie (None: the person's own).

    `told` carries a sentence, `refused` problems, `apply` settings with what to call that step. `asked` wants a new
    comparison of that kind, `asked_about` one about a technique, `runs_asked` one of runs that are there, `sweep` asks
    how far an arm's dose can go, `again` the same under other rules, `show_me` wants to see one. `changed` tells that
    something began or ended, `came` that there is a new comparison to look at.
    `measured` carries runs that came to their end, for others to tell times from.
    """

    told = Signal(str)
    refused = Signal(tuple)
    apply = Signal(object, str)
    asked = Signal(str)
    asked_about = Signal(str, str)
    runs_asked = Signal(list)
    sweep = Signal(object, str)
    again = Signal(object, object)
    show_me = Signal()
    changed = Signal()
    came = Signal()
    measured = Signal(list)

    def __init__(
        self,
        machine: Machine,
        theme: Theme,
        background: Background,
        parent: QWidget | None = None,
        root: Path | None = None,
    ) -> None:
        super().__init__(parent)
        self._root = root
        self._snapshot: Snapshot | None = None
        self._any = self._shared = self._taken_up = False
        self._wanted: Path | None = None
        self._damage: Path | None = None
        self.hindrance: Callable[[], str] = str
        """Why no comparison may begin now, in words; empty where one may. The window tells."""
        self._work = Work(machine, background, lambda: self.hindered, self)
        self.chooser, self.detail, self.invitation = Chooser(theme), Detail(theme), Invitation()
        self.story, self._calm = Story(theme), False
        self._watch = Watch(background, self)
        self._list = ListWatch(lambda: self.root, background, self)
        self._patience_with_reading = QTimer(self, singleShot=True, interval=_READING_MS)
        self._patience_with_reading.timeout.connect(lambda: self._reading(None))
        self._lay_out()
        self._connect()
        self.setAccessibleName(said("Compare"))

    # --- what the window may ask ---

    @property
    def root(self) -> Path:
        """Where comparisons lie."""
        return self._root or folders.comparisons_root()

    @property
    def running(self) -> bool:
        """Whether a comparison is at work, whoever started it: what else would train must wait."""
        at_work = self._snapshot is not None and self._snapshot.headline.state == "working"
        return self._work.starting or at_work or any(one.state == "working" for one in self._list.known or ())

    @property
    def at_work(self) -> str:
        """Which comparison that is."""
        name = next((one.name for one in self._list.known or () if one.state == "working"), "")
        return (
            said("The comparison “{name}” is at work.").format(name=name) if name else said("A comparison is at work.")
        )

    @property
    def folder(self) -> Path | None:
        """The comparison that is shown."""
        return self._watch.folder

    @property
    def snapshot(self) -> Snapshot | None:
        """What is shown of it."""
        return self._snapshot

    @property
    def hindered(self) -> str:
        """Why a new comparison would have to wait, in words; empty where it would not."""
        if self.running:
            return said("Another comparison is at work.")
        return self.hindrance()

    @property
    def subject(self) -> Subject | None:
        """What is packed, copied or reported."""
        if self._snapshot is None:
            return None
        standing = self._snapshot.standing
        models = len(standing.comparison.arms) if standing.done_runs else 0
        return Subject(standing.folder, standing.comparison.name, models)

    def show_comparison(self, folder: Path) -> None:
        """Shows the comparison in `folder`."""
        if folder == self.folder and self._snapshot is not None:
            self._watch.look()
            return
        self._snapshot = self._damage = None
        self._wanted = folder
        self.chooser.select(folder)
        self._watch.follow(folder)
        self._patience_with_reading.start()

    def start(self, comparison: Comparison, experiments: Mapping[str, Experiment], earlier: Path | None = None) -> None:
        """Makes the comparison's folder and shows it; it begins at once, or as soon as nothing else is measured.

        Runs of the `earlier` comparison that would be the same are not made again.
        """
        self._work.make(self.root, comparison, experiments, earlier)

    def show_new(self, folder: Path) -> None:
        """Shows a comparison that was just made, and asks to be looked at."""
        self.came.emit()
        self.show_comparison(folder)
        self._list.look()

    def look(self) -> None:
        """Reads the list, and what is shown, anew."""
        self._list.look()
        self._watch.look()

    def leave(self) -> None:
        """The window closes: nothing is looked at any more; what works goes on."""
        self._work.leave()
        self._patience_with_reading.stop()
        self._watch.leave()
        self._list.leave()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""
        self.chooser.set_theme(theme)
        self.detail.set_theme(theme)
        self.invitation.set_theme(theme)
        self.story.set_theme(theme)

    def set_calm(self, calm: bool) -> None:
        """One thing at a time for an audience, or everything again."""
        self._calm = calm
        self.chooser.setVisible(self._any and not calm)
        if self._snapshot is not None:
            self._show_snapshot(self._snapshot)
        if self.isVisible():
            self.setFocus()

    def next_item(self) -> None:
        """The next thing that an audience is shown."""
        self.story.step(1)

    def previous_item(self) -> None:
        """The one before it."""
        self.story.step(-1)

    # --- putting together ---

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.invitation)
        self._stack.addWidget(self.detail)
        self._stack.addWidget(self.story)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.chooser)
        self.split.addWidget(self._stack)
        self.split.setStretchFactor(1, 1)
        self.split.setChildrenCollapsible(False)
        self.split.setSizes([_CHOOSER, 1000])
        self.chooser.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        row.addWidget(self.split)

    def _connect(self) -> None:
        self._watch.seen.connect(self._seen)
        self._watch.damaged.connect(self._damaged)
        self._watch.progress.connect(self._reading)
        self._list.listed.connect(self._listed)
        self.chooser.chosen.connect(self.show_comparison)
        self.chooser.asked.connect(self.asked)
        self.chooser.delete_wanted.connect(self._ask_delete)
        self.chooser.open_wanted.connect(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))
        self.invitation.show_me.connect(self.show_me)
        self.invitation.asked.connect(self.asked)
        self.detail.wished.connect(self._watch.set_wish)
        self.detail.told.connect(self.told)
        self.detail.taken.connect(self._take)
        self.detail.head.stop.clicked.connect(lambda: self._of_shown(self._work.stop))
        self.detail.head.go_on.clicked.connect(lambda: self._of_shown(self._work.begin))
        for ours, theirs in (
            (self.told, self._work.told),
            (self.refused, self._work.refused),
            (self.changed, self._work.changed),
        ):
            theirs.connect(ours)
        self._work.made.connect(self.show_new)
        self._work.begun.connect(self._begun)
        self._work.stopping.connect(lambda _: self._watch.look())
        self._work.deleted.connect(self._deleted)
        self._work.restored.connect(self._begun)
        self._work.changed.connect(self._offer_restoring)
        self.chooser.restore_wanted.connect(self._work.restore)

    # --- what comes ---

    def _seen(self, snapshot: Snapshot) -> None:
        before, self._snapshot = self._snapshot, snapshot
        self._show_snapshot(snapshot)
        if before is None or before.headline.done_runs != snapshot.headline.done_runs:
            self.measured.emit(measured(snapshot.standing))
        if before is None or before.headline.state != snapshot.headline.state:
            self._list.look()
            self.changed.emit()

    def _reading(self, share: float | None) -> None:
        """A long record is not read in a blink, the first time."""
        if self._snapshot is None and self.folder is not None and not self._patience_with_reading.isActive():
            self.invitation.show_reading(share)
            self._stack.setCurrentWidget(self.invitation)

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        shown = self.story if self._calm else self.detail
        shown.show_snapshot(snapshot)
        self._stack.setCurrentWidget(shown)

    def _listed(self, comparisons: list[Listed]) -> None:
        self.chooser.show_list(comparisons)
        self.chooser.select(self.folder)
        if not self._taken_up:
            self._taken_up = True
            self._work.take_up(comparisons)
        self._any = bool(comparisons) or self.folder is not None or self._work.restorable
        self.chooser.setVisible(self._any and not self._calm)
        if self.folder is None and self._damage is None and comparisons:
            whole = next((one for one in comparisons if one.problem is None), None)
            if whole is not None:
                self.show_comparison(whole.folder)
        elif self.folder is None and self._damage is None:
            self.invitation.show_invitation()
            self._stack.setCurrentWidget(self.invitation)
        self.changed.emit()

    def _damaged(self, problems: tuple[Problem, ...]) -> None:
        self._snapshot = None
        self._damage = self._wanted
        self.invitation.show_damage(" ".join(capital(sentence_of(one)) for one in problems))
        self._stack.setCurrentWidget(self.invitation)
        self.changed.emit()

    # --- hands ---

    def _of_shown(self, do: Callable[[Path], None]) -> None:
        if self.folder is not None:
            do(self.folder)

    def _ask_delete(self, folder: Path) -> None:
        question = said("Move the comparison with all its runs to the trash?")
        if QMessageBox.question(self, said("Delete"), question) == QMessageBox.StandardButton.Yes:
            self._work.delete(folder)

    def _begun(self, folder: Path) -> None:
        self.show_comparison(folder)
        self._list.look()

    def _deleted(self, folder: Path) -> None:
        if self.folder == folder:
            self._snapshot = None
            self._watch.follow(None)
        self._offer_restoring()
        self._list.look()

    def _offer_restoring(self) -> None:
        self.chooser.restore.setVisible(self._work.restorable)

    def _take(self, verdict: Verdict) -> None:
        """Takes a verdict's suggestion over: into the form, into a new comparison, or as the question how far."""
        changes, standing = dict(verdict.next.changes), self._snapshot and self._snapshot.standing
        if standing is None:
            return
        if not changes:
            self.sweep.emit(standing, verdict.arm)
        elif any(path.startswith("rules.") for path in changes):
            self.again.emit(standing, {path.removeprefix("rules."): value for path, value in changes.items()})
        else:
            self.apply.emit(changes, said("Take over a suggestion"))
            self.told.emit(saying(verdict.next))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hands the keys on; a focus proxy would take its neighbour out of the order in which Tab walks."""
        if self._calm:
            self.story.setFocus()
        elif self.chooser.isVisible():
            self.chooser.list.setFocus()
        else:
            self.invitation.button.setFocus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks; what works is watched on."""
        super().hideEvent(event)
        self._watch.in_sight = False

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks; the first time the columns share the width."""
        super().showEvent(event)
        self._watch.in_sight = True
        if not self._shared:
            self._shared = True
            self.split.setSizes([max(_CHOOSER, self.width() // 8), self.width()])
            self.detail.share(self.width() * 7 // 8)
        self.look()
