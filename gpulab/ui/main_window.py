"""The main window: puts the panels together, lets them know of each other, remembers its layout.

The form is there with the first paint; everything else, and the imports it needs, comes right after (`_complete`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSettings, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Problem
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab import menus
from gpulab.ui.lab.actions import Actions
from gpulab.ui.theme import Mode, Theme, ThemeChoice

if TYPE_CHECKING:
    from gpulab.ui.background import Background
    from gpulab.ui.help.help_menu import HelpMenu
    from gpulab.ui.lab.charts_area import ChartsArea
    from gpulab.ui.lab.experiment_files import ExperimentFiles
    from gpulab.ui.lab.queue_panel import QueuePanel
    from gpulab.ui.lab.run_deeds import RunDeeds
    from gpulab.ui.lab.runs_panel import RunsPanel
    from gpulab.ui.lab.session import Session
    from gpulab.ui.lab.status_strip import StatusStrip
    from gpulab.ui.lab.story_column import StoryColumn
    from gpulab.ui.lab.visibility import Visibility

Margins = tuple[int, int, int, int]

_GEOMETRY, _STATE, _MODE, _LAYOUT = "window/geometry", "window/state", "window/mode", 1
_TELL_MS = 200  # figures in words five times a second: faster cannot be read
_PRESENTER_SCALE = 1.55
_MESSAGE_MS = 6000
_NARROW = 1500


class MainWindow(QMainWindow):
    """One window on the runs below `root`. `first` is what Show me trains.

    `completed` is emitted, and `stands` is true, once all of the window is there; the panels below exist from then on.
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
    help: HelpMenu
    bottom: QTabWidget

    def __init__(
        self, root: Path, machine: Machine, looks: ThemeChoice, experiment: Experiment, first: Experiment
    ) -> None:
        super().__init__()
        self._root, self._machine, self._looks, self._first = root, machine, looks, first
        self._painted, self.stands, self._leaving = False, False, False
        self._dirty: set[str] = set()
        self.actions_ = Actions(self)
        self.form = ExperimentPanel(machine, looks.theme)
        self.form.set_experiment(experiment)
        self.form.undo_stack.clear()
        self._tell_clock = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._lay_out()
        self._restore()
        self.actions_.set_theme(looks.theme)
        menus.dress_toolbar(self.toolbar, self.actions_, looks.theme, looks.scale)
        self.form.set_theme(looks.theme, looks.scale)

    # --- putting together ---

    def _lay_out(self) -> None:
        """The form in its place, the others' places empty."""
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setCentralWidget(_framed((4, 8, 4, 4)))
        self.menus = menus.build_menus(self, self.actions_)
        self.toolbar = menus.build_toolbar(self, self.actions_)
        areas = Qt.DockWidgetArea
        self.docks = [
            self._dock("experiment", self.tr("Experiment"), areas.LeftDockWidgetArea, (8, 8, 0, 0)),
            self._dock("story", self.tr("Story"), areas.RightDockWidgetArea, (0, 8, 8, 4)),
            self._dock("runs_and_queue", self.tr("Runs and queue"), areas.BottomDockWidgetArea, (4, 0, 4, 6)),
        ]
        _put_into(self.docks[0].widget(), self.form)
        self.setCorner(Qt.Corner.BottomLeftCorner, areas.LeftDockWidgetArea)
        self._mode: Mode = self._looks.mode
        self.resize(1440, 900)
        self.resizeDocks(self.docks[:2], [330, 290], Qt.Orientation.Horizontal)
        self.resizeDocks(self.docks[2:], [230], Qt.Orientation.Vertical)

    def _complete(self) -> None:
        """Everything but the form, once that has been seen."""
        if self._leaving:
            return
        self._build()
        self._fill()
        self._wire_session()
        self._wire_actions()
        self._looks.changed.connect(self._dress)
        self._dress(self._looks.theme, self._looks.scale)
        self._name_window()
        self.deeds.refresh()
        self.stands = True
        self.completed.emit()
        self.charts.load()
        self.session.list_runs()

    def _build(self) -> None:
        from gpulab.ui.background import Background
        from gpulab.ui.help.help_menu import HelpMenu
        from gpulab.ui.lab.charts_area import ChartsArea
        from gpulab.ui.lab.experiment_files import ExperimentFiles
        from gpulab.ui.lab.queue_panel import QueuePanel
        from gpulab.ui.lab.run_deeds import RunDeeds
        from gpulab.ui.lab.runs_panel import RunsPanel
        from gpulab.ui.lab.session import Session
        from gpulab.ui.lab.status_strip import StatusStrip
        from gpulab.ui.lab.story_column import StoryColumn
        from gpulab.ui.lab.visibility import Visibility

        theme, machine = self._looks.theme, self._machine
        self.background = Background(self)
        self.session = Session(self._root, self.background, self)
        self.visibility = Visibility(self)
        self.charts = ChartsArea(machine, theme)
        self.story = StoryColumn()
        self.runs = RunsPanel(theme, self.visibility, [self.actions_[name] for name in menus.ROW_MENU])
        self.queue = QueuePanel(self._root, self.background, lambda: self.deeds.busy)
        self.status = StatusStrip()
        self.files = ExperimentFiles(self.form, self.background, self)
        self.deeds = RunDeeds(self.actions_, self.session, self.form, self.queue, machine, self.background, self)
        self.help = HelpMenu(self, self.actions_, self.menus["help"], machine, self.background)

    def _fill(self) -> None:
        """Puts what was built into its places."""
        _put_into(self.centralWidget(), self.charts)
        self.setStatusBar(self.status)
        self.bottom = QTabWidget()
        self.bottom.setDocumentMode(True)
        self.bottom.addTab(self.runs, self.tr("Runs"))
        self.bottom.addTab(self.queue, self.tr("Queue"))
        _put_into(self.docks[1].widget(), self.story)
        _put_into(self.docks[2].widget(), self.bottom)
        menus.add_presets(self.menus["file"], self.files.new_from, self.actions_["open"])
        for dock in self.docks:
            self.menus["view"].addAction(dock.toggleViewAction())
        menus.add_modes(self.menus["view"], self._mode, self.set_mode)

    def _dock(self, name: str, title: str, area: Qt.DockWidgetArea, margins: Margins) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(_framed(margins))
        dock.setTitleBarWidget(QWidget())
        self.addDockWidget(area, dock)
        return dock

    def _wire_session(self) -> None:
        session = self.session
        session.put.connect(self._put)
        session.changed.connect(self._changed)
        session.removed.connect(self._removed)
        session.left.connect(self._left)
        session.current_changed.connect(self._show_current)
        session.refused.connect(lambda _, problems: self._tell(problems))
        session.listed.connect(self.queue.begin)
        self.queue.added.connect(session.take_in)
        self.queue.started.connect(session.take_in)
        self.queue.refused.connect(self._tell)
        self.visibility.changed.connect(self._show_curves)
        self.runs.selected.connect(self._selected)
        self.runs.renamed.connect(session.rename)
        self.runs.hovered.connect(self.charts.highlight)
        self.charts.show_me.connect(self.show_me)
        self.charts.ready.connect(self._show_curves)
        self.files.run_dropped.connect(session.open_folder)
        for teller in (self.files, self.deeds):
            teller.told.connect(self._say)
            teller.refused.connect(self._tell)
        self.files.path_changed.connect(lambda _: self._name_window())
        self.form.experiment_changed.connect(lambda _: self._name_window())
        self._tell_clock.timeout.connect(self._tell_news)

    def _wire_actions(self) -> None:
        do: dict[str, Callable[[], object]] = {
            "open": self.files.ask_open,
            "save": self.files.save,
            "save_as": self.files.ask_save,
            "import_text": self.files.ask_text,
            "import_folder": self.files.ask_text_folder,
            "open_run": lambda: self.files.ask_run_folder(self.session.open_folder),
            "replay": lambda: self.files.ask_run_folder(self.session.replay),
            "quit": self.close,
            "undo": self.form.undo_stack.undo,
            "redo": self.form.undo_stack.redo,
            "find": self._find,
            "show": lambda: self.visibility.set(self.runs.selection(), True),
            "hide": lambda: self.visibility.set(self.runs.selection(), False),
            "rename": self.runs.rename_current,
            "folder": self._open_run_folder,
            "delete": lambda: self.deeds.ask_delete(self.runs.selection()),
            "move_panels": lambda: self._free_panels(self.actions_["move_panels"].isChecked()),
            "theme": lambda: self.set_mode("light" if self._looks.theme.dark else "dark"),
            "presenter": lambda: self.present(self.actions_["presenter"].isChecked()),
            "full_screen": lambda: self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen),
            "log_x": self._scale_axes,
            "log_y": self._scale_axes,
            "runs": lambda: self._go_to(self.runs, self.runs.table),
            "queued": lambda: self._go_to(self.queue, self.queue.list),
            "show_me": self.show_me,
        }
        for name, deed in do.items():
            self.actions_[name].triggered.connect(lambda _=False, deed=deed: deed())
        stack = self.form.undo_stack
        stack.canUndoChanged.connect(self.actions_["undo"].setEnabled)
        stack.canRedoChanged.connect(self.actions_["redo"].setEnabled)
        stack.undoTextChanged.connect(self._name_undo)
        self.actions_["undo"].setEnabled(False)
        self.actions_["redo"].setEnabled(False)

    def _name_undo(self, text: str) -> None:
        self.actions_["undo"].setText(self.tr("&Undo {0}").format(text) if text else self.tr("&Undo"))

    # --- the runs ---

    def _put(self, run_id: str) -> None:
        """A run is new, or its record is."""
        record = self.session.records[run_id]
        self.runs.model.put(record)
        if run_id in self.session.threads:
            self.visibility.keep(run_id)
        self._changed(run_id)
        self._show_curves()
        if run_id == self.session.current_id:
            self._show_current()

    def _changed(self, run_id: str) -> None:
        self._dirty.add(run_id)
        if not self._tell_clock.isActive():
            self._tell_clock.start()

    def _tell_news(self) -> None:
        dirty, self._dirty = self._dirty, set()
        for run_id in dirty & self.session.records.keys():
            self.runs.model.refresh(run_id)
            self.charts.update_run(self.session.records[run_id])
        if self.session.current_id in dirty:
            self.story.show_run(self.session.current)
        self.status.show_run(self.session.active or self.session.current)
        self.deeds.refresh()

    def _removed(self, run_id: str) -> None:
        self.runs.model.drop(run_id)
        self.visibility.forget(run_id)

    def _left(self, run_id: str) -> None:
        self._changed(run_id)
        self.deeds.refresh()
        self.queue.look()

    def _selected(self, run_ids: list[str]) -> None:
        self.visibility.select(run_ids)
        if run_ids:
            self.session.set_current(run_ids[0])

    def _show_current(self) -> None:
        run = self.session.current
        if run is not None:
            self.session.complete(run.run_id)
            if run.run_id not in self.runs.selection():
                self.runs.select(run.run_id)
        self.story.show_run(run)
        self.status.show_run(self.session.active or run)
        self.deeds.refresh()

    def _show_curves(self) -> None:
        shown = [run for run_id, run in self.session.records.items() if self.visibility.shown(run_id)]
        for run in shown:
            self.session.complete(run.run_id)
        self.charts.show_runs([run for run in shown if run.complete])

    def show_me(self) -> None:
        """Trains the default experiment, leaving the form as it is found."""
        self.form.set_experiment(self._first, self.tr("Show me"))
        self.deeds.start(self._first)

    def _open_run_folder(self) -> None:
        if (run := self.session.current) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.folder)))

    # --- telling ---

    def _say(self, text: str) -> None:
        if text:
            self.status.showMessage(text, _MESSAGE_MS)
        else:
            self.status.clearMessage()

    def _tell(self, problems: tuple[Problem, ...]) -> None:
        from gpulab.ui.lab.problems import tell_problems

        tell_problems(self, problems)

    def _find(self) -> None:
        from gpulab.ui.finder import Finder

        finder = Finder(self.form.settings(), list(self.actions_), self)
        finder.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        finder.setting_chosen.connect(self._focus_setting)
        finder.show_at(self)

    def _focus_setting(self, path: str) -> None:
        self.docks[0].show()
        self.form.focus_setting(path)

    def _go_to(self, tab: QWidget, focus: QWidget) -> None:
        self.docks[2].show()
        self.bottom.setCurrentWidget(tab)
        focus.setFocus()

    # --- looks ---

    def _free_panels(self, free: bool) -> None:
        """With title bars panels can be moved, floated and closed; without them the window is calm."""
        for dock in self.docks:
            dock.setTitleBarWidget(None if free else QWidget())  # type: ignore[arg-type]

    def set_mode(self, mode: Mode, remember: bool = True) -> None:
        """Light, dark, or as the system."""
        if remember:
            QSettings().setValue(_MODE, mode)
        self._looks.set_mode(mode)

    def _dress(self, theme: Theme, scale: float) -> None:
        self.actions_.set_theme(theme)
        menus.dress_toolbar(self.toolbar, self.actions_, theme, scale)
        self.form.set_theme(theme, scale)
        self.charts.set_theme(theme, scale)
        self.runs.set_theme(theme, scale)
        self.story.set_theme(theme, scale)

    def present(self, on: bool) -> None:
        """Large type and only what matters: charts and story."""
        self.actions_["presenter"].setChecked(on)
        self._looks.set_scale(_PRESENTER_SCALE if on else 1.0)
        self.docks[0].setVisible(not on)
        self.docks[2].setVisible(not on)
        self.menuBar().setVisible(not on)
        self.charts.set_calm(on)
        self.story.set_calm(on)
        self.docks[1].show()
        self.resizeDocks([self.docks[1]], [460 if on else 290], Qt.Orientation.Horizontal)

    def _scale_axes(self) -> None:
        if self.charts.grid is not None:
            self.charts.grid.set_log(self.actions_["log_x"].isChecked(), self.actions_["log_y"].isChecked())

    def _name_window(self) -> None:
        path = self.files.path if self.stands else None
        name = path.name if path else self.form.experiment().name
        self.setWindowTitle(self.tr("{0} – GPU Lab").format(name))

    # --- coming and going ---

    def _restore(self) -> None:
        settings = QSettings()
        geometry = settings.value(_GEOMETRY, QByteArray(), type=QByteArray)
        state = settings.value(_STATE, QByteArray(), type=QByteArray)
        assert isinstance(geometry, QByteArray)
        assert isinstance(state, QByteArray)
        if geometry:
            self.restoreGeometry(geometry)
        if state:
            self.restoreState(state, _LAYOUT)
        self._name_window()

    def event(self, event: QEvent) -> bool:
        """The rest of the window comes once the form has been painted for the first time."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._complete)
        return handled

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space holds the training wherever no field, button or list wants it; Esc leaves the presenter."""
        if event.key() == Qt.Key.Key_Space and self.actions_["pause"].isEnabled():
            self.deeds.pause_or_continue()
        elif event.key() == Qt.Key.Key_Escape and self.actions_["presenter"].isChecked():
            self.present(False)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the window is narrow the runs reach below the story; else the story has the whole height."""
        areas = Qt.DockWidgetArea
        narrow = event.size().width() < _NARROW
        self.setCorner(Qt.Corner.BottomRightCorner, areas.BottomDockWidgetArea if narrow else areas.RightDockWidgetArea)
        super().resizeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A text becomes the corpus, an experiment opens, a run's folder joins the table."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.files.drop(Path(url.toLocalFile()))
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks what becomes of a training first."""
        if not self.stands:
            self._leaving = True
            super().closeEvent(event)
            return
        live = sum(not self.session.records[run_id].replayed for run_id in self.session.threads)
        if live and not self._leaving:
            event.ignore()
            from gpulab.ui.lab import dialogs

            dialogs.ask_to_close(self, live, self.leave, self._stop_and_leave)
            return
        self._remember_layout()
        self._tell_clock.stop()
        self.queue.end()
        self.session.detach()
        self.background.leave()
        super().closeEvent(event)

    def leave(self) -> None:
        """Closes without asking; what trains goes on."""
        self._leaving = True
        self.close()

    def _stop_and_leave(self) -> None:
        self.session.order_all("stop_and_save")
        self._say(self.tr("Saving, then closing …"))
        self.session.left.connect(self._leave_when_alone)

    def _leave_when_alone(self) -> None:
        if not self.session.threads:
            self.leave()

    def _remember_layout(self) -> None:
        if not self.actions_["presenter"].isChecked():
            QSettings().setValue(_GEOMETRY, self.saveGeometry())
            QSettings().setValue(_STATE, self.saveState(_LAYOUT))


def _framed(margins: Margins) -> QWidget:
    """A place with room around it: left, top, right, bottom."""
    frame = QWidget()
    QVBoxLayout(frame).setContentsMargins(*margins)
    return frame


def _put_into(frame: QWidget | None, inside: QWidget) -> None:
    assert frame is not None
    layout = frame.layout()
    assert layout is not None
    layout.addWidget(inside)
