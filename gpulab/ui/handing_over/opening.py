"""The dialog that opens a bundle: asks for the passphrase of a locked one, shows how far it is, says why it refuses."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from gpulab.comparisons.folder import is_comparison
from gpulab.comparisons.unpacking import Progress, is_locked, unpack
from gpulab.ui.background import Background
from gpulab.ui.handing_over.carrying import Carrying
from gpulab.ui.handing_over.fitting import fit, say
from gpulab.ui.handing_over.passphrase import PassphraseFields
from gpulab.ui.lab.words import said

_BAR = 10


class OpenDialog(QDialog):
    """Unpacks the bundle at `path`; a run goes below `runs`. `opened` carries the folder, and whether it is a
    comparison's."""

    opened = Signal(object, bool)

    def __init__(self, path: Path, runs: Path, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("open_bundle_dialog")
        self.setWindowTitle(said("Open bundle"))
        self._path, self._runs = path, runs
        self.carrying = Carrying(background, self)
        self._build()
        self._refresh()
        self.carrying.begin(lambda _: is_locked(path), self._looked, self._fail)

    def _build(self) -> None:
        self.heading = QLabel(self._path.name)
        self.heading.setProperty("heading", True)
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.status = QLabel(said("Looking at it …"))
        self.status.setWordWrap(True)
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fields = PassphraseFields(twice=False)
        self.fields.hide()
        self.progress = QProgressBar()
        self.progress.setAccessibleName(said("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR)
        buttons = QDialogButtonBox()
        self.open_button = buttons.addButton(said("&Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setObjectName("open_bundle")
        self.open_button.setProperty("primary", True)
        self.leave = buttons.addButton(said("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.leave.setAutoDefault(False)  # or Enter would press it while Open is disabled, and lose what was typed
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (self.heading, self.status, self.fields, self.progress, buttons):
            column.addWidget(widget)
        self.fields.changed.connect(self._refresh)
        self.open_button.clicked.connect(self.begin)
        buttons.rejected.connect(self.reject)
        self.carrying.moved.connect(lambda share: self.progress.setValue(round(100 * share)))
        self.carrying.ended.connect(self._refresh)

    def _looked(self, locked: bool) -> None:
        self.fields.setVisible(locked)
        if locked:
            self.status.setText(said("It is locked. Type the passphrase that it was packed with."))
            self.fields.first.setFocus()
            self._refresh()
        else:
            self.begin()

    def begin(self) -> None:
        """Checks and unpacks it."""
        passphrase = self.fields.passphrase or None
        say(self.status, said("Everything in it is checked before anything is written …"))
        self.progress.setValue(0)
        self.carrying.begin(
            lambda progress: _unpacked(self._path, self._runs, passphrase, progress),
            self._unpacked,
            self._fail,
        )
        self._refresh()

    def _unpacked(self, found: tuple[Path, bool]) -> None:
        self.fields.clear()
        self.opened.emit(*found)
        self.accept()

    def _refresh(self) -> None:
        locked = self.fields.isVisibleTo(self)
        self.progress.setVisible(self.carrying.working)
        self.fields.setEnabled(not self.carrying.working)
        self.open_button.setVisible(locked)
        self.open_button.setEnabled(bool(self.fields.passphrase) and not self.carrying.working)
        fit(self)

    def _fail(self, sentence: str) -> None:
        say(self.status, sentence, "danger")
        if self.fields.isVisibleTo(self):
            self.fields.setEnabled(True)
            self.fields.first.selectAll()
            self.fields.first.setFocus()
        else:
            self.leave.setText(said("Close"))


def _unpacked(path: Path, runs: Path, passphrase: str | None, progress: Progress) -> tuple[Path, bool]:
    """The folder, and whether it is a comparison's."""
    folder = unpack(path, passphrase=passphrase, progress=progress, runs=runs)
    return folder, is_comparison(folder)
