"""The runs at the bottom: a table to sort, filter, rename, compare by eye, and ask for more by the right button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.lab.runs_model import NAME, RUN, RunsFilter, RunsModel
from gpulab.ui.lab.runs_paint import DangerDelegate, DotDelegate, SparkDelegate, dot_area
from gpulab.ui.lab.visibility import Visibility
from gpulab.ui.theme import Theme
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS

_WIDTHS = {
    "name": 128,
    "techniques": 92,
    "status": 100,
    "dangers": 78,
    "step": 64,
    "val_loss": 78,
    "best": 66,
    "bits_per_byte": 84,
    "tokens_per_s": 82,
    "memory": 104,
    "curve": 60,
}
_SPARE = {"name": 0.45, "techniques": 0.4, "curve": 0.15}
_CURVE = len(COLUMNS) - 1
_DANGERS = next(number for number, column in enumerate(COLUMNS) if column.key == "dangers")


class RunsPanel(QWidget):
    """`selected` carries the ids of the selected runs, the current one first.

    `head`, with the filter, is a widget of its own, because beside the tabs it costs no line.
    """

    selected = Signal(list)
    renamed = Signal(str, str)
    hovered = Signal(object)

    def __init__(
        self, theme: Theme, visibility: Visibility, actions: list[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model = RunsModel(self.renamed.emit, self)
        self.filter = RunsFilter(self.model, self)
        self._visibility = visibility
        self._actions = actions
        self._scale, self._sharing, self._dragged = 1.0, False, False
        self.words = QLineEdit(placeholderText=self.tr("Filter runs"), clearButtonEnabled=True)
        self.words.setAccessibleName(self.tr("Filter runs"))
        self.words.setFixedWidth(200)
        self.words.textChanged.connect(self.filter.set_words)
        self.hint = QLabel(self.tr("Select several runs to compare their curves."))
        self.hint.setProperty("muted", True)
        self.table = QTableView()
        self._dots = DotDelegate(theme, visibility.shown, self.table)
        self._sparks = SparkDelegate(theme, self.table)
        self._dangers = DangerDelegate(theme, self.table)
        self._prepare_table()
        self.head = QWidget()
        line = QHBoxLayout(self.head)
        line.setContentsMargins(0, 0, 0, 4)
        line.addWidget(self.hint)
        line.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        visibility.changed.connect(self.table.viewport().update)

    def _prepare_table(self) -> None:
        table = self.table
        table.setAccessibleName(self.tr("Runs"))
        table.setModel(self.filter)
        table.setItemDelegateForColumn(NAME, self._dots)
        table.setItemDelegateForColumn(_CURVE, self._sparks)
        table.setItemDelegateForColumn(_DANGERS, self._dangers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked
        )
        table.setSortingEnabled(True)
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setMouseTracking(True)
        table.setTabKeyNavigation(False)
        table.addActions(self._actions)  # some of their keys act here only
        table.verticalHeader().hide()
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        table.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit(self.selection()))
        table.entered.connect(lambda index: self.hovered.emit(index.data(RUN).run_id))
        table.viewport().installEventFilter(self)
        table.horizontalHeader().sectionResized.connect(lambda *_: self._resized())
        self.set_scale(1.0)

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Paints in the theme's colours."""
        self._dots.theme = self._sparks.theme = self._dangers.theme = theme
        self.set_scale(scale)
        self.table.viewport().update()

    def set_scale(self, scale: float) -> None:
        """Rows and columns grow with the type."""
        self._scale = scale
        self.table.horizontalHeader().setMinimumSectionSize(40)
        self.table.verticalHeader().setDefaultSectionSize(round(26 * scale))
        self._share_width()

    def _share_width(self) -> None:
        """What the columns leave of the width goes to those that can use it. What a person dragged stays."""
        if self._dragged:
            return
        spare = max(0.0, self.table.viewport().width() - sum(_WIDTHS.values()) * self._scale)
        self._sharing = True
        for number, column in enumerate(COLUMNS):
            width = _WIDTHS[column.key] * self._scale + spare * _SPARE.get(column.key, 0.0)
            self.table.setColumnWidth(number, int(width))
        self._sharing = False

    def _resized(self) -> None:
        self._dragged = self._dragged or not self._sharing

    def selection(self) -> list[str]:
        """The ids of the selected runs, the current one first."""
        rows: set[int] = set()  # from its ranges: asking for its rows takes seconds where all are selected
        for part in self.table.selectionModel().selection().toList():
            rows.update(range(part.top(), part.bottom() + 1))
        here = self.table.currentIndex().row()
        return [self.filter.run_at(row).run_id for row in sorted(rows, key=lambda row: (row != here, row))]

    def select(self, run_id: str) -> None:
        """Selects this run alone."""
        index = self.filter.mapFromSource(self.model.index_of(run_id))
        if index.isValid():
            self.table.setCurrentIndex(index)
            self.table.selectRow(index.row())
            self.table.scrollTo(index)

    def rename_current(self) -> None:
        """Opens the name for editing."""
        index = self.table.currentIndex()
        if index.isValid():
            self.table.edit(index.siblingAtColumn(NAME))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click on a dot shows or hides that run; leaving the table lights up nobody."""
        if event.type() == QEvent.Type.Resize:
            self._share_width()
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            index = self.table.indexAt(event.position().toPoint())
            if self._on_dot(index, event.position().toPoint()):
                self._visibility.toggle(index.data(RUN).run_id)
                return True
        return super().eventFilter(watched, event)

    def _on_dot(self, index: QModelIndex, at: QPoint) -> bool:
        return index.isValid() and index.column() == NAME and dot_area(self.table.visualRect(index)).contains(at)

    def _menu(self, at: QPoint) -> None:
        if self.run_at(at) is None:
            return
        menu = QMenu(self)
        menu.addActions(self._actions)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.table.viewport().mapToGlobal(at))

    def run_at(self, at: QPoint) -> RunRecord | None:
        """The run under a point of the table's viewport."""
        index = self.table.indexAt(at)
        return index.siblingAtColumn(NAME).data(RUN) if index.isValid() else None
