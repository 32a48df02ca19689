"""What fills the memory: the fullest moment beside the prediction, the course of a step, and of the whole run."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gpulab.events.profile import PARTS
from gpulab.ui.background import Background
from gpulab.ui.hardware.area_chart import AreaChart
from gpulab.ui.hardware.cards import WIDER, card, side_column
from gpulab.ui.hardware.part_colours import part_colour
from gpulab.ui.hardware.profile_head import ProfileHead
from gpulab.ui.hardware.stacked_bars import StackedBars
from gpulab.ui.hardware.step_tab import empty
from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.hardware.tables import fill, fit, small_table
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.memory import Areas, bars, course, meaning, over_run, part_rows
from gpulab.viewmodels.hardware.profiles import Shown
from gpulab.viewmodels.loading import complete
from gpulab.viewmodels.record import RunRecord
from gpulab.words import sentence

_LEFT = 410
_PARTS = (
    ("Fullest moment", "What the memory is for at the moment of the step in which most of it is in use."),
    ("Measured", "Counted by the profiler."),
    ("Predicted", "What the form says before anything runs."),
)


class MemoryTab(HardwareTab):
    """Shows what `head` has chosen, which it borrows from the tab of a step's time while it is seen."""

    def __init__(self, head: ProfileHead, background: Background, theme: Theme) -> None:
        super().__init__()
        self.head, self._background, self._theme = head, background, theme
        self._records: Sequence[RunRecord] = ()
        self._shown: Shown | None = None
        self._calm = self._seen = False
        self.bars = StackedBars(theme, legend=False)
        self.table = small_table(said("Parts of the memory"), _PARTS)
        self.meaning, self.quiet = QLabel(), QLabel()
        self.step = AreaChart(said("Through one step"), "memory-step", theme)
        self.run = AreaChart(said("Over the run"), "memory-run", theme)
        self._lay_out()
        head.shown.connect(self._show)
        self._show(None)

    def _lay_out(self) -> None:
        self.meaning.setWordWrap(True)
        self.meaning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.quiet.setWordWrap(True)
        self.quiet.setProperty("muted", True)
        self.quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.left = side_column(
            card(said("What fills the memory"), self.bars, self.table),
            card(said("What this means"), self.meaning),
        )
        charts = QVBoxLayout()
        charts.setSpacing(10)
        charts.addWidget(self.step, 3)
        charts.addWidget(self.run, 2)
        self._inside = QWidget()
        columns = QHBoxLayout(self._inside)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(12)
        columns.addWidget(self.left)
        columns.addLayout(charts, 1)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 8, 0, 0)
        self._whole.setSpacing(10)
        self._whole.addWidget(self._inside, 1)
        self._whole.addWidget(self.quiet, 1)
        self.left.setFixedWidth(_LEFT)

    def come(self) -> None:
        self._seen = True
        self._whole.insertWidget(0, self.head)
        self.head.setVisible(not self._calm)
        self.head.look_up()
        self._show(self._shown)

    def go(self) -> None:
        self._seen = False

    def set_calm(self, calm: bool) -> None:
        self._calm = calm
        self.left.setVisible(not calm and self._profiled)

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme = theme
        self.left.setFixedWidth(round(_LEFT * min(scale, WIDER)))
        for part in (self.bars, self.step, self.run):
            part.set_theme(theme)
        self._colour()
        fit(self.table)

    def show_records(self, records: Sequence[RunRecord]) -> None:
        self._records = list(records)

    def _colour(self) -> None:
        """Each part's colour beside its name."""
        profile = self._shown.profile if self._shown is not None else None
        side = self.fontMetrics().height() // 2
        for at, row in enumerate(part_rows(profile) if profile is not None else ()):
            item = self.table.item(at, 0)
            picture = QPixmap(side, side)
            picture.fill(QColor(part_colour(row.key, self._theme) if row.key in PARTS else Qt.GlobalColor.transparent))
            if item is not None:
                item.setIcon(QIcon(picture))

    @property
    def _profiled(self) -> bool:
        return self._shown is not None and self._shown.profile is not None

    def _show(self, shown: Shown | None) -> None:
        self._shown = shown
        self._inside.setVisible(shown is not None)
        self.quiet.setVisible(shown is None)
        self.left.setVisible(self._profiled and not self._calm)
        self.step.setVisible(self._profiled)
        if shown is None:
            self.quiet.setText(empty(None))
            return
        if (profile := shown.profile) is not None:
            self.bars.show_bars(bars(profile))
            rows = part_rows(profile)
            fill(
                self.table,
                [(said(row.label), row.measured, row.predicted) for row in rows],
                [said(row.help) for row in rows],
            )
            self._colour()
            self.meaning.setText(" ".join(sentence(key, arguments, said) for key, arguments in meaning(profile)))
            self.step.show_areas(course(profile), said("The profiler did not see the memory of this step."))
        self.run.explains = profile is None
        self.run.show_areas(None, said("Reading …"))
        self._read_run(shown)

    def _read_run(self, shown: Shown) -> None:
        """A finished run's series are read from the disk, away from the window."""
        record = next((one for one in self._records if one.run_id == shown.source.run_id), None)
        self.run.setVisible(record is not None)
        if record is None or not self._seen:
            return

        def took(found: Areas | None, quiet: str = said("This run did not record what its memory was for.")) -> None:
            if self._shown is shown:
                self.run.show_areas(found, quiet)

        def failed(error: Exception) -> None:
            took(None, said("The record of this run cannot be read: {detail}").format(detail=error))

        if record.complete:
            took(over_run(record.series))
        else:
            self._background.run(lambda: over_run(complete(record).series), took, failed)
