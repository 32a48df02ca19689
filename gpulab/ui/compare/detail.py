"""One comparison on the screen: headline on top, verdicts at the right, ways to look at it in the middle."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from gpulab.ui.compare.curves import CurvesCard
from gpulab.ui.compare.doses import DosesCard
from gpulab.ui.compare.glance import GlanceCard
from gpulab.ui.compare.head import Head
from gpulab.ui.compare.paying import PayingCard
from gpulab.ui.compare.reaching import ReachingTable
from gpulab.ui.compare.remarks import Remarks
from gpulab.ui.compare.scatter import ScatterCard
from gpulab.ui.compare.settings import SettingsTable
from gpulab.ui.compare.table import ComparisonTable
from gpulab.ui.compare.verdicts import VerdictColumn
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot

_VERDICTS = (260, 360)


class Detail(QWidget):
    """Shows snapshots; only the tab that is in sight is brought up to date."""

    wished = Signal(object)
    told = Signal(str)
    taken = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._snapshot: Snapshot | None = None
        self.head = Head(theme)
        self.verdicts = VerdictColumn(theme)
        self.remarks = Remarks()
        self.table = ComparisonTable(theme)
        self.settings = SettingsTable(theme)
        self.curves, self.scatter, self.glance = CurvesCard(theme), ScatterCard(theme), GlanceCard(theme)
        self.paying, self.reaching, self.doses = PayingCard(theme), ReachingTable(theme), DosesCard(theme)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.views = (
            (said("Figures"), self.table),
            (said("Changes"), self.glance),
            (said("Curves"), self.curves),
            (said("Trade-off"), self.scatter),
            (said("Who pays"), self.paying),
            (said("Equal quality"), self.reaching),
            (said("Settings"), self.settings),
            (said("How far"), self.doses),
        )
        for title, view in self.views:
            self.tabs.addTab(view, title)
        self._lay_out()
        self.tabs.currentChanged.connect(lambda _: self._show_tab())
        self.curves.wished.connect(self.wished)
        self.verdicts.taken.connect(self.taken)
        for card in (self.curves, self.scatter, self.glance, self.paying, self.doses):
            card.told.connect(self.told)

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.remarks)
        column.addWidget(self.tabs, 1)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(middle)
        self.split.addWidget(self.verdicts)
        self.split.setStretchFactor(0, 1)
        self.split.setChildrenCollapsible(False)
        self.verdicts.setMinimumWidth(_VERDICTS[0])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.head)
        whole.addWidget(self.split, 1)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Brings what is in sight up to date."""
        other = self._snapshot is None or self._snapshot.standing.folder != snapshot.standing.folder
        self._snapshot = snapshot
        self.head.show_snapshot(snapshot)
        self.verdicts.show_snapshot(snapshot)
        self.remarks.show_snapshot(snapshot)
        self._offer_doses(bool(snapshot.standing.comparison.dose))
        if other:
            self.tabs.setCurrentWidget(self._first(snapshot))
        self._show_tab()

    def share(self, width: int) -> None:
        """How figures and verdicts share `width`."""
        verdicts = min(max(width // 4, _VERDICTS[0]), _VERDICTS[1])
        self.split.setSizes([width - verdicts, verdicts])

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.head.set_theme(theme)
        self.verdicts.set_theme(theme)
        for _, view in self.views:
            view.set_theme(theme)

    def _offer_doses(self, asked: bool) -> None:
        self.tabs.setTabVisible(self.tabs.indexOf(self.doses), asked)

    def _first(self, snapshot: Snapshot) -> QWidget:
        """What is worth a look first: curves while no pair is there, the answer about a dose, else the figures."""
        if not snapshot.standing.judgement.changes and snapshot.headline.working:
            return self.curves
        return self.doses if snapshot.standing.comparison.dose else self.table

    def _show_tab(self) -> None:
        view = self.tabs.currentWidget()
        if self._snapshot is not None and view is not None:
            view.show_snapshot(self._snapshot)  # type: ignore[attr-defined]  # all of them can
