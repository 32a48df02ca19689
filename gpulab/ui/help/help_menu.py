"""Fills the Help menu and opens what it names."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox, QWhatsThis, QWidget

from gpulab import __version__, desktop_entry
from gpulab.hardware.machine import Machine
from gpulab.resources import resource
from gpulab.spec.problem import Problem
from gpulab.ui.background import Background
from gpulab.ui.help.pages import Page
from gpulab.ui.help.terms import explain_terms
from gpulab.ui.lab.actions import Actions
from gpulab.ui.lab.problems import tell_problems
from gpulab.ui.lab.words import problem, said
from gpulab.viewmodels.manual import libraries, machine_page, techniques_page


class HelpMenu(QObject):
    """Help for one window."""

    def __init__(
        self, window: QWidget, actions: Actions, menu: QMenu, machine: Machine, background: Background
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._machine, self._background = window, actions, machine, background
        for path in sorted(resource("docs").glob("*.md")):
            self._add_document(menu, path)
        menu.addSeparator()
        menu.addAction(actions["desktop"])
        menu.addAction(actions["about"])
        actions["whats_this"].triggered.connect(self.whats_this)
        actions["shortcuts"].triggered.connect(self.shortcuts)
        actions["describe"].triggered.connect(self.techniques)
        actions["doctor"].triggered.connect(self.machine)
        actions["desktop"].triggered.connect(self.install_entry)
        actions["about"].triggered.connect(self.about)

    def _add_document(self, menu: QMenu, path: Path) -> None:
        title = path.stem.replace("-", " ").capitalize()
        action = QAction(said(title), self)
        action.setObjectName(f"document:{path.stem}")
        action.triggered.connect(lambda: self._open_document(title, path))
        menu.addAction(action)

    def _open_document(self, title: str, path: Path) -> None:
        self._background.run(lambda: path.read_text("utf-8"), lambda text: self._page(title, text, path.parent))

    def _page(self, title: str, markdown: str, folder: Path | None = None) -> None:
        Page(title, markdown, self._window, folder).open()

    def whats_this(self) -> None:
        """The next click explains; the terms in the explanation are explained with it."""
        explain_terms(self._window.findChildren(QWidget))
        QWhatsThis.enterWhatsThisMode()

    def shortcuts(self) -> None:
        """Every action that has keys."""
        native = QKeySequence.SequenceFormat.NativeText
        rows = [
            f"| {action.text().split(chr(9))[0].replace('&', '')} | **{action.shortcut().toString(native)}** |"
            for action in self._actions
            if not action.shortcut().isEmpty()
        ]
        extra = [f"| {said('Pause, continue')} | **{said('Space')}** |", f"| {said('Leave the presenter')} | **Esc** |"]
        head = [f"| {said('Action')} | {said('Keys')} |", "|---|---|"]
        self._page(said("Keyboard shortcuts"), "\n".join(head + rows + extra))

    def techniques(self) -> None:
        """What `describe` prints."""
        self._page(said("Techniques explained"), techniques_page(said))

    def machine(self) -> None:
        """What `doctor` prints."""
        self._background.run(
            lambda: machine_page(self._machine, said, problem), lambda text: self._page(said("This machine"), text)
        )

    def install_entry(self) -> None:
        """Puts GPU Lab among the desktop's programs."""
        executable = shutil.which("gpulab", path=str(Path(sys.executable).parent)) or shutil.which("gpulab")
        if sys.platform != "linux" or executable is None:
            tell_problems(self._window, (Problem("no_desktop_entry", "", {}),))
            return
        command = executable
        home = Path(platformdirs.user_data_dir())
        self._background.run(lambda: desktop_entry.install(home, command), self._installed, self._failed)

    def _installed(self, entry: Path) -> None:
        text = said("GPU Lab is now among your programs.")
        box = QMessageBox(QMessageBox.Icon.Information, said("GPU Lab"), text, parent=self._window)
        box.setInformativeText(str(entry))
        box.open()

    def _failed(self, error: Exception) -> None:
        tell_problems(self._window, (Problem("crashed", "", {"error": str(error)}),))

    def about(self) -> None:
        """Versions, because a figure is only worth what it was measured with."""
        first, *rest = (f"| {name} | {version} |" for name, version in libraries().items())
        rows = "\n".join((first, "|---|---|", *rest))
        text = said("A desktop lab for controlled experiments on how a GPT is trained and compressed.")
        self._page(said("About GPU Lab"), f"# GPU Lab {__version__}\n\n{text}\n\n{rows}")
