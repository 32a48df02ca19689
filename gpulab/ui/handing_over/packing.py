"""The dialog that packs a comparison or a run: what goes in, whether it is locked, where the file goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from gpulab.comparisons.bundle import Packed, pack
from gpulab.comparisons.gathering import Gathered, gather
from gpulab.comparisons.manifest import LOCKED_SUFFIX, SUFFIX, fresh_name
from gpulab.ui.background import Background
from gpulab.ui.handing_over.carrying import Carrying
from gpulab.ui.handing_over.fitting import fit, say
from gpulab.ui.handing_over.passphrase import PassphraseFields
from gpulab.ui.lab.words import said
from gpulab.viewmodels.bundles import lists, model_bytes, other_bytes
from gpulab.viewmodels.figures import figure

_BAR = 10


class PackDialog(QDialog):
    """Packs `folder`, which people know as `name`. `told` carries what a status line may say afterwards."""

    told = Signal(str)

    def __init__(self, folder: Path, name: str, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("pack_dialog")
        self.setWindowTitle(said("Pack into a bundle"))
        self._folder, self._name = folder, name
        self.carrying = Carrying(background, self)
        self._found: Gathered | None = None
        self._done = False
        self._build()
        self._lay_out()
        self._connect()
        self._refresh()
        self._look()

    def _build(self) -> None:
        self.heading = QLabel(self._name)
        self.heading.setProperty("heading", True)
        self.about = QLabel(
            said("One file that opens in GPU Lab on another computer and shows everything there, without running it.")
        )
        self.contents = QLabel()
        self.warning = QLabel()
        self.warning.setProperty("severity", "warning")
        self.models = QCheckBox(said("With the trained &models"))
        self.models.setObjectName("models")
        self.models.setToolTip(said("The models as they were at the end of each run. Checkpoints are never packed."))
        self.lock = QCheckBox(said("&Lock with a passphrase"))
        self.lock.setObjectName("lock")
        self.lock.setToolTip(said("Whoever opens the bundle needs the passphrase. Nobody can open it without."))
        self.fields = PassphraseFields(twice=True)
        self.status = QLabel(said("Looking at what belongs in it …"))
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.heading, self.about, self.contents, self.warning, self.status):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setProperty("muted", True)
        self.progress = QProgressBar()
        self.progress.setAccessibleName(said("Progress"))
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR)
        self.buttons = QDialogButtonBox()
        self.pack = self.buttons.addButton(said("&Pack…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.pack.setObjectName("pack")
        self.pack.setProperty("primary", True)
        self.pack.setDefault(True)
        self.leave = self.buttons.addButton(said("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.leave.setObjectName("leave")
        self.leave.setAutoDefault(False)  # or Enter would press it while Pack is disabled, and lose what was typed

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(10)
        above: list[QWidget] = [
            self.heading,
            self.about,
            self.contents,
            self.warning,
            self.models,
            self.lock,
            self.fields,
        ]
        below: list[QWidget] = [self.status, self.progress, self.buttons]
        for widget in above:
            column.addWidget(widget)
        column.addStretch()
        for widget in below:
            column.addWidget(widget)

    def _connect(self) -> None:
        self.models.toggled.connect(self._refresh)
        self.lock.toggled.connect(self._locked)
        self.fields.changed.connect(self._refresh)
        self.pack.clicked.connect(self.ask_where)
        self.buttons.rejected.connect(self.reject)
        self.carrying.moved.connect(lambda share: self.progress.setValue(round(100 * share)))
        self.carrying.ended.connect(self._refresh)

    def _look(self) -> None:
        """What would be packed is known before anybody decides."""

        def show(found: Gathered) -> None:
            self._found = found
            say(self.status, "")
            self._refresh()
            self.pack.setFocus()

        self.carrying.begin(lambda _: gather(self._folder, models=True), show, self._fail)

    def _locked(self, on: bool) -> None:
        self._refresh()
        if on:
            self.fields.first.setFocus()
        else:
            self.fields.clear()

    def _refresh(self) -> None:
        found, working = self._found, self.carrying.working
        choosing = found is not None and not self._done
        told: list[QWidget] = [self.about, self.contents, self.warning]
        chosen: list[QWidget] = [self.models, self.lock, self.fields]
        for widget in [*told, *chosen]:
            widget.setVisible(choosing)
        for widget in chosen:
            widget.setEnabled(not working)
        self.fields.setVisible(choosing and self.lock.isChecked())
        self.progress.setVisible(working)
        self.progress.setRange(0, 100 if choosing else 0)  # nobody knows how long the first look takes
        if found is not None and choosing:
            self._show_contents(found)
        self._refresh_buttons()
        fit(self)

    def _refresh_buttons(self) -> None:
        if self.fields.differ:
            say(self.status, said("The two passphrases differ."), "warning")
        elif self.status.property("severity") == "warning":
            say(self.status, "")
        ready = not self.lock.isChecked() or bool(self.fields.passphrase)
        self.pack.setEnabled(self._found is not None and ready and not self.carrying.working)
        self.pack.setVisible(not self._done)
        self.leave.setText(said("Close") if self._done else said("Cancel"))

    def _show_contents(self, found: Gathered) -> None:
        models = model_bytes(found)
        size = other_bytes(found) + (models if self.models.isChecked() else 0)
        self.contents.setText(
            said(
                "It holds settings, curves, texts and figures: {size} before packing. Logs and checkpoints stay here."
            ).format(size=figure(size, "bytes"))
        )
        self.models.setVisible(models > 0)
        self.models.setText(said("With the trained &models ({size})").format(size=figure(models, "bytes")))
        lines = []
        if found.told:
            lines.append(said("It names these places on this computer:") + "\n" + lists(found.told))
        if found.gone:
            lines.append(said("These runs are not there any more and will be missing:") + "\n" + lists(found.gone))
        self.warning.setText("\n".join(lines))
        self.warning.setVisible(bool(lines))

    def ask_where(self) -> None:
        """Asks for the file; Qt asks before it overwrites."""
        suffix = LOCKED_SUFFIX if self.lock.isChecked() else SUFFIX
        dialog = QFileDialog(self, said("Pack into a bundle"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(said("Bundles") + f" (*{suffix})")
        dialog.setDefaultSuffix(suffix.lstrip("."))
        dialog.selectFile(fresh_name(self._name, set()) + suffix)
        dialog.fileSelected.connect(lambda chosen: self.pack_to(Path(chosen)))
        dialog.open()

    def pack_to(self, out: Path) -> None:
        """Packs into the file `out`."""
        models = self.models.isChecked()
        passphrase = self.fields.passphrase if self.lock.isChecked() else None
        say(self.status, said("Packing …"))
        self.progress.setValue(0)
        self.carrying.begin(
            lambda progress: pack(self._folder, out, models=models, passphrase=passphrase, progress=progress),
            self._packed,
            self._fail,
        )
        self._refresh()

    def _packed(self, packed: Packed) -> None:
        self._done = True
        self.fields.clear()
        self.lock.setChecked(False)
        name, size = packed.path.name, figure(packed.bytes, "bytes")
        text = said("Packed {n} files into {name}, {size}.").format(n=packed.files, name=name, size=size)
        if packed.lock is not None:
            text += " " + said("It is locked; without the passphrase nobody can open it, not even you.")
        say(self.status, text, "good")
        self.told.emit(said("Packed {name}").format(name=name))

    def _fail(self, sentence: str) -> None:
        say(self.status, sentence, "danger")
