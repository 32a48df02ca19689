"""What the menu says of other machines: pack, open a bundle, keep a recording, copy the commands that make it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from gpulab.spec.jobs import Part
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.ui.lab.experiment_files import ExperimentFiles
from gpulab.ui.lab.words import said
from gpulab.viewmodels.figures import figure

if TYPE_CHECKING:
    from gpulab.report.writing import Format


class Subject(NamedTuple):
    """What the window talks about: a run's folder or a comparison's, and what it is called.

    `models`: how many finished models it has, so that one can be exported, or let write.
    """

    folder: Path
    name: str
    models: int = 0


class HandingOver(QObject):
    """`run_opened` and `comparison_opened` carry the folder of an unpacked bundle.

    `subject` says what is to be packed or copied, `runs` is the folder where runs live.
    """

    told = Signal(str)
    refused = Signal(tuple)
    run_opened = Signal(object)
    comparison_opened = Signal(object)

    def __init__(
        self,
        subject: Callable[[], Subject | None],
        runs: Path,
        files: ExperimentFiles,
        background: Background,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._subject, self._runs, self._files = subject, runs, files
        self._background, self._window = background, window

    def pack(self) -> None:
        """Packs what the window talks about; the dialog asks how and where to."""
        from gpulab.ui.handing_over.packing import PackDialog

        if (subject := self._subject()) is not None:
            dialog = PackDialog(subject.folder, subject.name, self._background, self._window)
            dialog.told.connect(self.told)
            dialog.open()

    def report(self) -> None:
        """Asks where the report of what the window talks about goes, and as what."""
        from gpulab.ui.handing_over.reporting import ask_report

        if (subject := self._subject()) is not None:
            ask_report(subject.folder.name, self._window, lambda kind, out: self.report_to(subject.folder, kind, out))

    def report_to(self, folder: Path, kind: Format, out: Path) -> None:
        """Writes the report of `folder` to `out`; a file that was there has been agreed to be replaced."""
        from gpulab.ui.handing_over.reporting import write_report

        self.told.emit(said("Writing the report …"))
        words = said("Wrote {file}")
        self._background.run(
            lambda: write_report(folder, kind, out), lambda file: self.told.emit(words.format(file=file)), self._failed
        )

    def record(self) -> None:
        """Asks where the records of what the window talks about are kept for lessons, and what they are called."""
        from gpulab.lessons.recordings import name_like

        if (subject := self._subject()) is not None:
            dialog = QFileDialog(self._window, said("Keep as a recording"))
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setLabelText(QFileDialog.DialogLabel.FileName, said("Name of the recording"))
            dialog.selectFile(name_like(subject.folder.name))
            dialog.fileSelected.connect(lambda chosen: self.record_as(subject.folder, Path(chosen)))
            dialog.open()

    def record_as(self, folder: Path, out: Path) -> None:
        """Keeps the records of the finished run, comparison or job in `folder` as the recording `out`, a new folder."""
        from gpulab.lessons.recordings import record

        words = said("Recorded {folder}")
        self._background.run(
            lambda: record(folder, out.name, out.parent),
            lambda made: self.told.emit(words.format(folder=made[0])),
            self._failed,
        )

    def export(self, run_dir: Path) -> None:
        """Asks where the model of the run is to be written, and which one where it has two."""
        from gpulab.comparisons.exporting import SUFFIX
        from gpulab.runs.models import model_path

        parts: dict[str, Part] = {said("Model") + f" (*{SUFFIX})": "final"}
        if model_path(run_dir, "final") != model_path(run_dir, "trained"):
            both: tuple[tuple[str, Part], ...] = (("Compressed model", "final"), ("Trained model", "trained"))
            parts = {said(name) + f" (*{SUFFIX})": part for name, part in both}
        dialog = QFileDialog(self._window, said("Export model"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(parts))
        dialog.setDefaultSuffix(SUFFIX[1:])
        dialog.selectFile(f"{run_dir.name}{SUFFIX}")
        dialog.fileSelected.connect(
            lambda chosen: self.export_to(run_dir, parts[dialog.selectedNameFilter()], Path(chosen))
        )
        dialog.open()

    def export_to(self, run_dir: Path, part: Part, out: Path) -> None:
        """Writes the run's model to `out`; a file that was there has been agreed to be replaced."""
        from gpulab.comparisons.exporting import Exported, export

        def then(written: Exported) -> None:
            size = figure(written.bytes, "bytes")
            words = said("Wrote {file} ({size}); its config is {config} beside it")
            self.told.emit(words.format(file=written.path, size=size, config=written.config.name))

        self._background.run(lambda: export(run_dir, part, out, overwrite=True), then, self._failed)

    def ask_bundle(self) -> None:
        """Asks for a bundle."""
        from gpulab.comparisons.manifest import LOCKED_SUFFIX, SUFFIX

        dialog = QFileDialog(self._window, said("Open bundle"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(said("Bundles") + f" (*{SUFFIX} *{LOCKED_SUFFIX})")
        dialog.fileSelected.connect(lambda chosen: self.open_bundle(Path(chosen)))
        dialog.open()

    def open_bundle(self, path: Path) -> None:
        """Checks the bundle at `path`, unpacks and shows it."""
        from gpulab.ui.handing_over.opening import OpenDialog

        dialog = OpenDialog(path, self._runs, self._background, self._window)
        dialog.opened.connect(self._opened)
        dialog.open()

    def _opened(self, folder: Path, is_comparison: bool) -> None:
        self.told.emit(said("Opened {name}").format(name=folder.name))
        (self.comparison_opened if is_comparison else self.run_opened).emit(folder)

    def copy_command(self) -> None:
        """Copies the commands that make the run or comparison again that the window talks about."""
        from gpulab.viewmodels.making_again import commands_of

        if (subject := self._subject()) is not None:
            self._background.run(lambda: commands_of(subject.folder), self._copy, self._failed)

    def copy_form(self) -> None:
        """Copies the commands that run what the form says."""
        from gpulab.viewmodels.making_again import commands_for

        experiment, path = self._files.experiment(), self._files.path
        self._background.run(lambda: commands_for(experiment, path), self._copy, self._failed)

    def _copy(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.told.emit(said("Copied: {command}").format(command=text.replace("\n", "  ")))

    def _failed(self, error: Exception) -> None:
        problems = error.problems if isinstance(error, BadInput) else (Problem("crashed", "", {"error": str(error)}),)
        self.refused.emit(problems)
