"""Builds what the window's first paint did not wait for, slice by slice, so that keys and clicks have their turn."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from gpulab.hardware.machine import Machine
from gpulab.ui.lab import menus
from gpulab.ui.lab.last_experiment import recalled_techniques

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow
    from gpulab.ui.theme import ThemeChoice

_BESIDE = ("gpulab.runs.launcher", "gpulab.runs.store", "numpy")
"""What takes longest to import and has nothing of Qt: a thread imports it, while the window's loop goes on."""
_SLICE_S = 0.012


class Completing(QObject):
    """Makes the rest of `window`, which works on the runs below `root` (None: the person's own).

    Each part is imported in the step that makes it: no step may hold the window up for long.
    """

    def __init__(self, window: MainWindow, root: Path | None, machine: Machine, looks: ThemeChoice) -> None:
        super().__init__(window)
        self._window, self._root, self._machine, self._looks = window, root, machine, looks
        self._steps = self._all()

    def go_on(self) -> None:
        """Builds the next slice; the others follow by themselves."""
        until = perf_counter() + _SLICE_S
        while not self._window.gone and next(self._steps, None):
            if perf_counter() >= until:
                QTimer.singleShot(0, self, self.go_on)
                return

    def _all(self) -> Iterator[str]:
        """Small steps, each with a name."""
        window = self._window
        for _ in window.form.rest(recalled_techniques):
            yield "form"
        menus.fill_menus(window.menus, window.actions_)
        yield "menus"
        beside = Thread(target=lambda: [import_module(name) for name in _BESIDE], daemon=True)
        beside.start()
        while beside.is_alive():
            beside.join(_SLICE_S)
            yield "imports"
        yield from self._work()
        yield from self._panels()
        yield from self._deeds()
        yield from self._together()
        self._looks.changed.connect(window.dress)
        window.dress(self._looks.theme, self._looks.scale)
        window.name_it()
        window.deeds.refresh()
        yield "looks"
        window.stands = True
        gc.enable()
        window.completed.emit()
        yield "completed"
        import_module("gpulab.ui.charts")
        yield "charts imported"
        window.charts.load()
        yield "charts loaded"
        window.session.list_runs()

    def _work(self) -> Iterator[str]:
        from gpulab.runs.home import runs_root
        from gpulab.ui.background import Background

        window = self._window
        self._runs_root = self._root or runs_root()
        window.background = Background(window)
        yield "background"
        from gpulab.ui.lab.session import Session

        yield "runs"
        from gpulab.ui.lab.visibility import Visibility

        window.session = Session(self._runs_root, window.background, window)
        window.visibility = Visibility(window)
        yield "session"

    def _panels(self) -> Iterator[str]:
        from gpulab.ui.lab.charts_area import ChartsArea

        window, theme = self._window, self._looks.theme
        window.charts = ChartsArea(self._machine, theme)
        yield "charts"
        from gpulab.ui.lab.story_column import StoryColumn

        window.story = StoryColumn()
        yield "story"
        from gpulab.ui.lab.runs_panel import RunsPanel

        window.runs = RunsPanel(theme, window.visibility, [window.actions_[name] for name in menus.ROW_MENU])
        yield "table"
        from gpulab.ui.lab.queue_panel import QueuePanel
        from gpulab.ui.lab.status_strip import StatusStrip

        window.queue = QueuePanel(self._runs_root, lambda: window.deeds.busy)
        window.status = StatusStrip()
        yield "queue"

    def _deeds(self) -> Iterator[str]:
        from gpulab.ui.handing_over.handing import HandingOver
        from gpulab.ui.help.help_menu import HelpMenu
        from gpulab.ui.lab.experiment_files import ExperimentFiles
        from gpulab.ui.lab.run_deeds import RunDeeds
        from gpulab.ui.wiring import subject_of

        yield "deeds"
        from gpulab.ui.finding.finders import Finders

        window, machine = self._window, self._machine
        form, session, background, actions = window.form, window.session, window.background, window.actions_
        window.files = ExperimentFiles(form, background, window)
        window.deeds = deeds = RunDeeds(actions, session, form, window.queue, machine, background, window)
        training, warm = (lambda: deeds.training), (lambda: session.warm)
        window.finders = Finders(form, training, warm, machine, background, self._looks.theme, window)
        window.handing = HandingOver(lambda: subject_of(window), self._runs_root, window.files, background, window)
        window.help = HelpMenu(window, actions, window.menus["help"], machine, background)

    def _together(self) -> Iterator[str]:
        from gpulab.ui.lab.space_key import SpaceKey
        from gpulab.ui.leaving import Leaving
        from gpulab.ui.page_wiring import wire_pages
        from gpulab.ui.run_news import RunNews
        from gpulab.ui.wiring import wire_actions, wire_panels

        window = self._window
        window.places.fill(window.charts, window.story, window.runs, window.queue, window.runs.head)
        window.setStatusBar(window.status)
        yield "places"
        menus.add_presets(window.menus["file"], window.files.new_from, window.actions_["open"])
        for dock in window.places.docks:
            window.menus["view"].addAction(dock.toggleViewAction())
        menus.add_modes(window.menus["view"], self._looks.mode, window.set_mode)
        window.news = RunNews(window, self._machine)
        window.space = SpaceKey(window, lambda: _holds(window), window.deeds.pause_or_continue)
        window.leaving = Leaving(window)
        window.setAcceptDrops(True)
        wire_panels(window)
        wire_actions(window)
        wire_pages(window, self._machine, self._looks, self._root)


def _holds(window: MainWindow) -> bool:
    """Whether Space holds a training, or lets it go on."""
    page = window.pages.shown
    return window.session.active is not None and not (page is not None and page.walks)
