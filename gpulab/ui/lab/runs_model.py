"""Gives Qt's table the runs, one row a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from gpulab.ui.lab.words import COLUMNS as COLUMN_WORDS
from gpulab.ui.lab.words import said, state_of
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS, matches

Index = QModelIndex | QPersistentModelIndex
RUN = Qt.ItemDataRole.UserRole
ORDER = Qt.ItemDataRole.UserRole + 1
NAME = 0


class RunsModel(QAbstractTableModel):
    """Rows in the order in which runs came, the newest last; `RUN` gives the record, `ORDER` what a cell sorts by."""

    def __init__(self, rename: Callable[[str, str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rename = rename
        self._runs: list[RunRecord] = []
        self._rows: dict[str, int] = {}

    def put(self, run: RunRecord) -> None:
        """Adds `run`, or takes it in the place of the one with its id."""
        row = self._rows.get(run.run_id)
        if row is not None:
            self._runs[row] = run
            self.refresh(run.run_id)
            return
        self.beginInsertRows(QModelIndex(), len(self._runs), len(self._runs))
        self._rows[run.run_id] = len(self._runs)
        self._runs.append(run)
        self.endInsertRows()

    def drop(self, run_id: str) -> None:
        """Takes the run's row out."""
        row = self._rows.get(run_id)
        if row is None:
            return
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._runs[row]
        self._rows = {run.run_id: number for number, run in enumerate(self._runs)}
        self.endRemoveRows()

    def refresh(self, run_id: str) -> None:
        """Tells the table that the run's figures changed."""
        row = self._rows.get(run_id)
        if row is not None:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def index_of(self, run_id: str) -> QModelIndex:
        """The run's name cell; an invalid index where there is none."""
        row = self._rows.get(run_id)
        return QModelIndex() if row is None else self.index(row, NAME)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        label, help_ = COLUMN_WORDS[COLUMNS[section].key]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return said(label)
            case Qt.ItemDataRole.ToolTipRole:
                return said(help_)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self._runs[index.row()], COLUMNS[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return state_of(run) if column.key == "status" else column.text(run)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(index.column())
            case Qt.ItemDataRole.ToolTipRole:
                return str(run.folder) if index.column() == NAME else column.text(run)
            case _ if role == RUN:
                return run
            case _ if role == ORDER:
                return column.order(run)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME or not name:
            return False
        self._rename(self._runs[index.row()].run_id, name)
        return True


def _alignment(section: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[section].figure else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class RunsFilter(QSortFilterProxyModel):
    """Sorts by what cells mean rather than by what they say; leaves out runs that the filter's words don't match."""

    def __init__(self, model: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.setSourceModel(model)
        self.setSortRole(ORDER)
        self.setDynamicSortFilter(False)  # a row must not jump away while its run trains

    def set_words(self, words: str) -> None:
        """Shows the runs in which every word occurs."""
        self.beginFilterChange()
        self._words = words
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        model = self.sourceModel()
        run = model.data(model.index(source_row, NAME, QModelIndex()), RUN)
        return matches(run, self._words)
