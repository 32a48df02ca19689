"""Gives Qt's table the runs, one row a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from gpulab.ui.lab.words import COLUMNS as COLUMN_WORDS
from gpulab.ui.lab.words import dangers_of, said, state_of
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS, Column, matches

Index = QModelIndex | QPersistentModelIndex
RUN = Qt.ItemDataRole.UserRole
NAME = 0
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_NAME_FLAGS = _FLAGS | Qt.ItemFlag.ItemIsEditable


class RunsModel(QAbstractTableModel):
    """Rows in the order in which runs came, the newest last, until somebody sorts them; `RUN` gives the record."""

    def __init__(self, rename: Callable[[str, str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rename = rename
        self._runs: list[RunRecord] = []
        self._rows: dict[str, int] = {}
        self._arrived: dict[str, int] = {}

    def put(self, run: RunRecord) -> None:
        """Adds `run`, or takes it in the place of the one with its id."""
        row = self._rows.get(run.run_id)
        if row is None:
            self.put_all([run])
            return
        self._runs[row] = run
        self.refresh(run.run_id)

    def put_all(self, runs: Iterable[RunRecord]) -> None:
        """Adds many at once: ten thousand rows that come one by one would be felt."""
        fresh = []
        for run in runs:
            if run.run_id in self._rows:
                self.put(run)
            else:
                fresh.append(run)
        if not fresh:
            return
        begin = len(self._runs)
        self.beginInsertRows(QModelIndex(), begin, begin + len(fresh) - 1)
        self._runs += fresh
        self._number(begin)
        for run in fresh:
            self._arrived[run.run_id] = len(self._arrived)
        self.endInsertRows()

    def drop(self, run_ids: Iterable[str]) -> None:
        """Takes the runs' rows out."""
        rows = sorted(self._rows[run_id] for run_id in run_ids if run_id in self._rows)
        if len(rows) == 1:
            self.beginRemoveRows(QModelIndex(), rows[0], rows[0])
            self._take_out(rows)
            self.endRemoveRows()
        elif rows:
            self.beginResetModel()
            self._take_out(rows)
            self.endResetModel()

    def _take_out(self, rows: list[int]) -> None:
        gone = set(rows)
        for row in rows:
            del self._arrived[self._runs[row].run_id]
        self._runs = [run for row, run in enumerate(self._runs) if row not in gone]
        self._rows.clear()
        self._number(0)

    def _number(self, begin: int) -> None:
        self._rows.update((run.run_id, begin + at) for at, run in enumerate(self._runs[begin:]))

    def arrange(self, column: int, order: Qt.SortOrder) -> None:
        """Sorts the rows by what `column` means; by their coming where there is no such column."""
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        runs = [(index, self._runs[index.row()].run_id) for index in kept]
        key = COLUMNS[column].order if 0 <= column < len(COLUMNS) else self._arrival
        self._runs.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)
        self._number(0)
        moved = [self.index(self._rows[run_id], index.column()) for index, run_id in runs]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _arrival(self, run: RunRecord) -> float:
        return self._arrived[run.run_id]

    def run_at(self, row: int) -> RunRecord:
        """The run in a row of this model."""
        return self._runs[row]

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
        return _NAME_FLAGS if index.column() == NAME else _FLAGS

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
                return _help(run, column)
            case _ if role == RUN:
                return run
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or index.column() != NAME or not name:
            return False
        self._rename(self._runs[index.row()].run_id, name)
        return True


def _help(run: RunRecord, column: Column) -> str:
    match column.key:
        case "name":
            return str(run.folder)
        case "dangers":
            return dangers_of(run)
        case _:
            return column.text(run)


def _alignment(section: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[section].figure else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class RunsFilter(QSortFilterProxyModel):
    """Leaves out runs that the filter's words don't match. Has the model itself sort: Qt would ask for each comparison.

    A row doesn't jump away while its run trains: rows are sorted when somebody asks for it.
    """

    def __init__(self, model: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self._model = model
        self.setSourceModel(model)
        self.setDynamicSortFilter(False)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by what the cells of `column` mean rather than by what they say; -1: as the runs came."""
        self._model.arrange(column, order)

    def set_words(self, words: str) -> None:
        """Shows the runs in which every word occurs."""
        self.beginFilterChange()
        self._words = words
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)

    def run_at(self, row: int) -> RunRecord:
        """The run in a row of what is shown."""
        return self._model.run_at(self.mapToSource(self.index(row, NAME)).row())

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        return not self._words or matches(self._model.run_at(source_row), self._words)
