"""The main window, as a table of contents: its parts by name, each of which does its work in a file of its own.

The form's top is there with the first paint; all else, with the imports it needs, comes right after (`completing`).
`layout` places the panels, `wiring` connects them, `run_news` shows runs, `presenter` and `leaving` say themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent, QWhatsThisClickedEvent
from PySide6.QtWidgets import QMainWindow

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab import menus
from gpulab.ui.lab.actions import Actions
from gpulab.ui.lab.last_experiment import recalled
from gpulab.ui.layout import Layout
from gpulab.ui.pages import PageBar, Pages
from gpulab.ui.theme import Mode, Theme, ThemeChoice

if TYPE_CHECKING:
    from gpulab.ui.background import Background
    from gpulab.ui.finding.finders import Finders
    from gpulab.ui.handing_over.handing import HandingOver
    from gpulab.ui.help.help_menu import HelpMenu
    from gpulab.ui.lab.charts_area import ChartsArea
    from gpulab.ui.lab.experiment_files import ExperimentFiles
    from gpulab.ui.lab.queue_panel import QueuePanel
    from gpulab.ui.lab.run_deeds import RunDeeds
    from gpulab.ui.lab.runs_panel import RunsPanel
    from gpulab.ui.lab.session import Session
    from gpulab.ui.lab.space_key import SpaceKey
    from gpulab.ui.lab.status_strip import StatusStrip
    from gpulab.ui.lab.story_column import StoryColumn
    from gpulab.ui.lab.visibility import Visibility
    from gpulab.ui.leaving import Leaving
    from gpulab.ui.run_news import RunNews

_MODE = "window/mode"
_MESSAGE_MS = 6000


class MainWindow(QMainWindow):
    """One window on the runs below `root` (None: the person's own). `first` makes what Show me trains.

    `completed` is emitted, and `stands` is true, once all of the window is there; the panels below exist from then on.
    `gone` says that it was closed, maybe before that.
    """

    completed = Signal()

    background: Background
    session: Session
    visibility: Visibility
    charts: ChartsArea
    story: StoryColumn
    runs: RunsPanel
    queue: QueuePanel
    status: StatusStrip
    files: ExperimentFiles
    deeds: RunDeeds
    finders: Finders
    handing: HandingOver
    help: HelpMenu
    news: RunNews
    leaving: Leaving
    space: SpaceKey

    def __init__(
        self,
        root: Path | None,
        machine: Machine,
        looks: ThemeChoice,
        experiment: Experiment,
        first: Callable[[], Experiment],
    ) -> None:
        super().__init__()
        self._root, self._machine, self._looks, self._first = root, machine, looks, first
        self._painted, self.gone, self.stands = False, False, False
        self.actions_ = Actions(self)
        self.places = Layout(self)
        within = self.places.experiment.widget()
        self.form = ExperimentPanel(machine, looks.theme, parent=within, first=recalled(experiment))
        self.menus = menus.build_menus(self)
        bar = PageBar()
        self.toolbar = menus.build_toolbar(self, self.actions_, bar)
        self.pages = Pages(self, bar)
        self._rest_the_run()
        self.places.hold(self.form)
        self.places.restore()
        self.name_it()
        self.actions_.set_theme(looks.theme, only=(*menus.TOOLS_LEFT, *menus.TOOLS_RIGHT))
        menus.dress_toolbar(self.toolbar, self.actions_, looks.theme, looks.scale)

    # --- what others may ask ---

    def show_me(self) -> None:
        """A newcomer's first comparison."""
        from gpulab.ui.showing import show_me

        show_me(self, self._first())

    def train_first(self) -> None:
        """Trains the default experiment and shows it in the form, as one step that can be taken back."""
        first = self._first()
        self.files.show_new(first, self.tr("Show me"))
        self.charts.setFocus()  # wherever the keys were, Space now holds what trains
        self.deeds.start(first)

    def say(self, text: str) -> None:
        """A message of a moment; nothing takes it back."""
        if text:
            self.status.showMessage(text, _MESSAGE_MS)
        else:
            self.status.clearMessage()

    def tell(self, problems: tuple[Problem, ...]) -> None:
        """Bad news, in a dialog."""
        from gpulab.ui.lab.problems import tell_problems

        tell_problems(self, problems)

    def name_it(self) -> None:
        """The title says which experiment the form shows."""
        path = self.files.path if self.stands else None
        name = path.name if path else self.form.experiment().name
        self.setWindowTitle(self.tr("{0} – GPU Lab").format(name))

    def name_undo(self, text: str) -> None:
        """The menu says what undo would take back."""
        self.actions_["undo"].setText(self.tr("&Undo {0}").format(text) if text else self.tr("&Undo"))

    def leave(self) -> None:
        """Closes without asking; what trains goes on."""
        self.gone = True
        if self.stands:
            self.leaving.decided = True
        self.close()

    @property
    def locked(self) -> bool:
        """Whether nothing but the page that is shown may be used."""
        return self.stands and (page := self.pages.shown) is not None and page.locked

    # --- looks ---

    def set_mode(self, mode: Mode, remember: bool = True) -> None:
        """Light, dark, or as the system."""
        if remember:
            QSettings().setValue(_MODE, mode)
        self._looks.set_mode(mode)

    def change_theme(self) -> None:
        """From light to dark and back."""
        self.set_mode("light" if self._looks.theme.dark else "dark")

    def present(self, on: bool) -> None:
        """Large type and only what matters: charts and story."""
        from gpulab.ui.presenter import present

        present(self, self._looks, on)

    def _complete(self) -> None:
        from gpulab.ui.completing import Completing

        Completing(self, self._root, self._machine, self._looks).go_on()

    def _rest_the_run(self) -> None:
        """Nothing trains yet, so nothing flickers once that is known for sure."""
        for name in ("pause", "continue", "step", "stop"):
            self.actions_[name].setEnabled(False)
        self.actions_["continue"].setVisible(False)

    def dress(self, theme: Theme, scale: float) -> None:
        """Gives every part the theme and the type's size."""
        self.actions_.set_theme(theme)
        menus.dress_toolbar(self.toolbar, self.actions_, theme, scale)
        self.form.set_theme(theme, scale)
        self.charts.set_theme(theme, scale)
        self.runs.set_theme(theme, scale)
        self.story.set_theme(theme, scale)
        self.finders.set_theme(theme)
        self.pages.set_theme(theme, scale)

    # --- what the system asks ---

    def event(self, event: QEvent) -> bool:
        """The rest of the window comes once the form has been painted for the first time.

        What the mouse hovers over has a tooltip: it must not cover the status of a training. A link in a What's This
        leads to the glossary.
        """
        if event.type() == QEvent.Type.StatusTip and self.stands and self.session.active is not None:
            return True
        if isinstance(event, QWhatsThisClickedEvent) and self.stands:
            from gpulab.ui.page_wiring import show_term

            return show_term(self, event.href())
        if event.type() == QEvent.Type.ShortcutOverride and self.locked:
            event.accept()  # as a key that was pressed, not as what the menus would do for it
            return True
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._complete)
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the presenter; the arrow keys go through what a page has to show."""
        presenting, page = self.actions_["presenter"].isChecked(), self.pages.shown
        if page is not None and page.locked:
            page.take_key(event)
        elif presenting and event.key() == Qt.Key.Key_Escape:
            self.present(False)
        elif presenting and page is not None and event.key() == Qt.Key.Key_Right:
            page.next_item()
        elif presenting and page is not None and event.key() == Qt.Key.Key_Left:
            page.previous_item()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The panels share what there is."""
        self.places.fit(event.size().width(), event.size().height())
        super().resizeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if event.mimeData().hasUrls() and not self.locked:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A text becomes the corpus, an experiment opens, a run's folder joins the table."""
        if self.locked:
            return
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.files.drop(Path(url.toLocalFile()))
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks what becomes of a training first."""
        if not self.stands:
            self.gone = True
        elif self.leaving.may_close():
            self.leaving.say_goodbye()
        else:
            event.ignore()
            return
        super().closeEvent(event)
