"""What the device can do at most, measured here, and how far every run comes: table, roofline, what it means."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout

from gpulab.analysis.figures import share
from gpulab.analysis.numerals import NONE, si
from gpulab.hardware.ceilings import Ceilings
from gpulab.hardware.datasheet import peak_of
from gpulab.runs.ceilings import load_ceilings
from gpulab.spec.jobs import MeasureCeilings, ask
from gpulab.ui.compare.marks import mark_icon
from gpulab.ui.hardware.cards import WIDER, card, side_column
from gpulab.ui.hardware.measuring import Measuring, Surroundings
from gpulab.ui.hardware.roofline_chart import RooflineChart
from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.hardware.tables import fill, fit, small_table
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.ceilings import ceiling_rows, measured_on, progress
from gpulab.viewmodels.hardware.roofline import Said, Standing, Standings, formula_of, meaning, roofline, standings
from gpulab.viewmodels.record import RunRecord
from gpulab.words import sentence

_LEFT = 400
_SHOWN_RUNS = 4

_CEILINGS = (
    ("Kind of work", "Products of matrices in each type of numbers, and copies."),
    ("Measured", "The median of its repeats, of the size that was fastest."),
    ("±", "Half of the range in which the middle half of the repeats lay, as a share of the median."),
    ("Datasheet", "What the maker says of this GPU without sparsity. Processors have no such figure."),
)
_RUNS = (
    ("Run", "Choose one to read what its place means."),
    ("Numbers", "The type of numbers that most of its work is in."),
    ("Ops/byte", "How much it computes with each byte that operators read or write."),
    ("Ops/s", "How many operations it did in a second while it trained."),
    ("Of ceiling", "The share of what this device was measured to multiply in these numbers."),
    ("MFU", "The share of the datasheet's peak, recomputed work left out, as papers give it."),
    ("Limit", "What keeps it down at this mix of computing and moving, were its code perfect."),
)


class CeilingsTab(HardwareTab):
    """Nothing is measured before somebody asks; what was measured before is read from the disk."""

    def __init__(self, around: Surroundings, theme: Theme) -> None:
        super().__init__()
        self._around, self._theme = around, theme
        self._records: Sequence[RunRecord] = ()
        self._chosen = ""
        self._formulas: dict[Path, Said | None] = {}
        self.found: Ceilings | None = None
        self.shown = Standings()
        self.device = QComboBox()
        self.about, self.remark, self.meaning, self.formula = QLabel(), QLabel(), QLabel(), QLabel()
        self.table = small_table(said("Measured ceilings"), _CEILINGS)
        self.runs = small_table(said("Runs under the roofline"), _RUNS, chosen=True)
        self.chart = RooflineChart(theme)
        self.measuring = Measuring("ceilings", said("Measure"), around)
        self._fill_devices()
        self._lay_out()
        self._connect()
        self._show()

    def _fill_devices(self) -> None:
        machine = self._around.machine
        for gpu in machine.gpus:
            self.device.addItem(f"{gpu.name} ({gpu.index})", f"cuda:{gpu.index}")
        self.device.addItem(machine.processor or said("Processor"), "cpu")
        self.device.setAccessibleName(said("Device"))
        self.device.setToolTip(said("Whose ceilings are shown and measured."))
        self.device.setVisible(len(machine.gpus) > 0)

    def _lay_out(self) -> None:
        for label in (self.about, self.remark, self.meaning, self.formula):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.about, self.remark, self.formula):
            label.setProperty("muted", True)
        device = (self.device, self.about, self.table, self.remark, self.measuring)
        self.left = side_column(
            card(said("What this device can do at most"), *device),
            card(said("What this means"), self.meaning, self.formula),
        )
        self.below = card("", self.runs)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self.chart, 1)
        right.addWidget(self.below)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(self.left)
        whole.addLayout(right, 1)
        self.left.setFixedWidth(_LEFT)

    def _connect(self) -> None:
        self.device.currentIndexChanged.connect(lambda _: self._read())
        self.measuring.pressed.connect(self.begin)
        self.measuring.told.connect(self._tell)
        self.measuring.left.connect(self._read)
        self.measuring.left.connect(self.measured)
        self.runs.itemSelectionChanged.connect(self._choose)

    # --- what the page asks ---

    @property
    def running(self) -> bool:
        return self.measuring.running

    def come(self) -> None:
        self._read()

    def leave(self) -> None:
        self.measuring.leave()

    def set_calm(self, calm: bool) -> None:
        self.left.setVisible(not calm)
        self.below.setVisible(not calm and bool(self.shown.runs))

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme = theme
        self.left.setFixedWidth(round(_LEFT * min(scale, WIDER)))
        self.chart.set_theme(theme)
        for table, most in ((self.table, 9), (self.runs, _SHOWN_RUNS)):
            fit(table, most)
        self._show()

    def show_records(self, records: Sequence[RunRecord]) -> None:
        self._records = list(records)
        self._show()

    # --- what a person does ---

    def begin(self) -> None:
        """Measures the chosen device, with as many threads as the form says."""
        place = {"device": self._device, "threads": self._threads}
        self.measuring.begin(ask("ceilings", place), None)

    @property
    def _device(self) -> str:
        return str(self.device.currentData())

    @property
    def _threads(self) -> int:
        return self._around.experiment().threads if self._device == "cpu" else MeasureCeilings().threads

    def _choose(self) -> None:
        rows = self.runs.selectionModel().selectedRows()
        if rows and rows[0].row() < len(self.shown.runs):
            self._chosen = self.shown.runs[rows[0].row()].run_id
            self._draw()

    # --- reading and showing ---

    def _read(self) -> None:
        machine, device, threads = self._around.machine, self._device, self._threads
        self._around.background.run(lambda: load_ceilings(machine, device, threads), self._take)

    def _take(self, found: Ceilings | None) -> None:
        self.found = found
        self._show()

    def _tell(self) -> None:
        now = progress(self.measuring.finding.trials, on_gpu=self._device != "cpu")
        words = said("{kind}: {figure}").format(kind=said(now.label), figure=now.figure) if now.label else ""
        self.measuring.show_state(words, now.share)

    def _show(self) -> None:
        self._show_ceilings()
        self.shown = standings(self._records, self.found)
        if not any(run.run_id == self._chosen for run in self.shown.runs):
            self._chosen = self.shown.runs[0].run_id if self.shown.runs else ""
        self._fill_runs()
        self._draw()

    def _show_ceilings(self) -> None:
        found, title = self.found, self._around.machine.device_name(self._device)
        self.table.setVisible(found is not None)
        self.measuring.start.setText(said("Measure again") if found else said("Measure"))
        if found is None:
            self.about.setText(
                said(
                    "{device} was not measured yet. It takes about 20 seconds, in which nothing else should run. What "
                    "is found is kept until its driver or PyTorch changes."
                ).format(device=title)
            )
            self.remark.hide()
            return
        peak = peak_of(found.place.device_name)
        threads = said("{n} threads").format(n=found.place.threads) if found.place.threads > 1 else said("one thread")
        with_ = threads if self._device == "cpu" else said("driver {version}").format(version=found.place.driver)
        told = (title, with_, f"PyTorch {found.place.torch}", measured_on(found))
        self.about.setText(" · ".join(told))
        rows = ceiling_rows(found, peak)
        fill(
            self.table,
            [(said(row.label), row.measured, row.spread, row.promised) for row in rows],
            [said(row.help) for row in rows],
        )
        self.table.setColumnHidden(3, peak is None)
        self.remark.setText(peak.source if peak else sentence("no_datasheet", {}, said))
        self.remark.setVisible(True)

    def _fill_runs(self) -> None:
        self.runs.blockSignals(True)
        fill(self.runs, [_row(run) for run in self.shown.runs])
        side = self.fontMetrics().height()
        for at, run in enumerate(self.shown.runs):
            if (item := self.runs.item(at, 0)) is not None:
                item.setIcon(mark_icon(run.color, self._theme, side))
            if run.run_id == self._chosen:
                self.runs.selectRow(at)
        fit(self.runs, _SHOWN_RUNS)
        self.runs.setColumnHidden(5, all(run.mfu is None for run in self.shown.runs))
        self.runs.blockSignals(False)
        self.below.setVisible(bool(self.shown.runs) and not self.left.isHidden())

    def _draw(self) -> None:
        picture = roofline(self.found, self.shown.runs) if self.found else None
        self.chart.show_picture(picture, self.shown.runs, self._chosen)
        self.chart.note.setText(self._left_out())
        self.chart.note.setVisible(bool(self.chart.note.text()))
        self._explain()

    def _left_out(self) -> str:
        words = []
        if self.shown.more:
            words.append(said("Earlier runs are left out: {n}.").format(n=self.shown.more))
        elsewhere = sum(run.roof is None for run in self.shown.runs) if self.found else 0
        if elsewhere:
            words.append(said("Of another device or other numbers, so without a roof here: {n}.").format(n=elsewhere))
        return " ".join(words)

    def _explain(self) -> None:
        run = next((one for one in self.shown.runs if one.run_id == self._chosen), None)
        self.formula.setVisible(run is not None)
        if run is None:
            silent = sentence("run_has_no_point", {}, said) if self.shown.silent else ""
            self.meaning.setText(silent or said("Train a run in the Lab: it then stands here as a point."))
            return
        if self.found is None:
            self.meaning.setText(
                said("Measure this device, and it can be said how far “{name}” comes.").format(name=run.name)
            )
        else:
            told = [sentence(key, arguments, said) for key, arguments in meaning(run)]
            self.meaning.setText(f"“{run.name}”: " + " ".join(told))
        self._show_formula(run.folder)

    def _show_formula(self, folder: Path) -> None:
        if folder in self._formulas:
            told = self._formulas[folder]
            self.formula.setText(sentence(*told, said) if told else "")
            return
        self.formula.clear()

        def took(found: Said | None) -> None:
            self._formulas[folder] = found
            self._explain()

        def failed(_: Exception) -> None:
            took(None)

        self._around.background.run(lambda: formula_of(folder), took, failed)


def _row(run: Standing) -> tuple[str, ...]:
    limits = {"memory": said("memory"), "compute": said("computing")}
    return (
        run.name,
        run.point.compute_type,
        f"{run.point.intensity:.3g}",
        si(run.point.flops_per_s),
        share(run.ceiling_share) if run.ceiling_share is not None else NONE,
        share(run.mfu) if run.mfu is not None else NONE,
        limits[run.bound] if run.bound else NONE,
    )
