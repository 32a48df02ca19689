"""Experiments and texts from files: by menu, by drag and drop, from presets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from gpulab.runs.folder import is_run
from gpulab.spec import files
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput, Problem
from gpulab.ui.background import Background
from gpulab.ui.form import ExperimentPanel
from gpulab.ui.lab.words import said
from gpulab.viewmodels.loading import read_experiment


class ExperimentFiles(QObject):
    """Knows the file that the form's experiment belongs to. Disks are touched in another thread only."""

    run_dropped = Signal(object)
    bundle_dropped = Signal(object)
    comparison_dropped = Signal(object)
    refused = Signal(tuple)
    told = Signal(str)
    path_changed = Signal(object)

    def __init__(self, form: ExperimentPanel, background: Background, window: QWidget) -> None:
        super().__init__(window)
        self.path: Path | None = None
        self._form, self._background, self._window = form, background, window

    def new_from(self, preset: str) -> None:
        """The preset's experiment, belonging to no file."""
        self.show_new(experiment_from(preset), said("New from preset"))

    def show_new(self, experiment: Experiment, text: str) -> None:
        """Shows `experiment`, belonging to no file: saving it must not overwrite the one that was open."""
        self._form.set_experiment(experiment, text)
        self._belongs_to(None)

    def ask_open(self) -> None:
        """Asks for an experiment file."""
        self._ask(said("Open experiment"), said("Experiments") + f" (*{files.SUFFIX})", self.open)

    def ask_text(self) -> None:
        """Asks for a text to train on."""
        self._ask(said("Import text"), said("Texts") + " (*.txt *.md *.jsonl *.csv)", self.use_text)

    def ask_text_folder(self) -> None:
        """Asks for a folder of texts."""
        self._ask(said("Import folder of texts"), "", self.use_text)

    def ask_run_folder(self, then: Callable[[Path], None]) -> None:
        """Asks for the folder of a run."""
        self._ask(said("Choose the folder of a run"), "", then)

    def open(self, path: Path) -> None:
        """Shows the experiment of a file."""

        def show(experiment: Experiment) -> None:
            self._form.set_experiment(experiment, said("Open experiment"))
            self._belongs_to(path if path.name.endswith(files.SUFFIX) else None)
            self.told.emit(said("Opened {name}").format(name=path.name))

        self._background.run(lambda: read_experiment(path), show, self._failed)

    def experiment(self) -> Experiment:
        """What the form says."""
        return self._form.experiment()

    def save(self) -> None:
        """Writes the experiment to its file; asks for one where it has none."""
        if self.path is None:
            self.ask_save()
        else:
            self.save_to(self.path)

    def ask_save(self) -> None:
        """Asks where to save; Qt asks before it overwrites."""
        dialog = QFileDialog(self._window, said("Save experiment"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(said("Experiments") + f" (*{files.SUFFIX})")
        dialog.setDefaultSuffix(files.SUFFIX.lstrip("."))
        dialog.selectFile(self._form.experiment().name + files.SUFFIX)
        self._show(dialog, lambda name: self.save_to(Path(name)))

    def save_to(self, path: Path) -> None:
        """Writes the experiment; it belongs to this file from now on."""
        experiment = self._form.experiment()

        def saved(_: None) -> None:
            self._belongs_to(path)
            self.told.emit(said("Saved {name}").format(name=path.name))

        self._background.run(lambda: files.save(experiment, path), saved, self._failed)

    def use_text(self, path: Path) -> None:
        """Trains on the text at `path`."""
        experiment = self._form.experiment()
        data = msgspec.structs.replace(experiment.data, path=str(path))
        self._form.set_experiment(msgspec.structs.replace(experiment, data=data), said("Import text"))
        self.told.emit(said("The text is now {name}").format(name=path.name))

    def drop(self, path: Path) -> None:
        """What was dropped says itself what it is: an experiment, a folder of ours, a bundle, or a text."""
        from gpulab.comparisons.folder import is_comparison
        from gpulab.comparisons.manifest import LOCKED_SUFFIX  # these know too much to be read at the start

        if path.name.endswith((".zip", LOCKED_SUFFIX)):
            self.bundle_dropped.emit(path)
        elif path.name.endswith(files.SUFFIX):
            self.open(path)
        elif path.is_dir() and is_comparison(path):
            self.comparison_dropped.emit(path)
        elif path.is_dir() and is_run(path):
            self.run_dropped.emit(path)
        else:
            self.use_text(path)

    def _belongs_to(self, path: Path | None) -> None:
        self.path = path
        self.path_changed.emit(path)

    def _ask(self, title: str, kinds: str, then: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if kinds else QFileDialog.FileMode.Directory)
        if kinds:
            dialog.setNameFilter(kinds)
        else:
            dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._show(dialog, lambda name: then(Path(name)))

    @staticmethod
    def _show(dialog: QFileDialog, chosen: Callable[[str], None]) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, BadInput):
            self.refused.emit(error.problems)
        else:
            self.refused.emit((Problem("crashed", "", {"error": str(error)}),))
