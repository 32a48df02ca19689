"""The table: a row a metric, a column an arm, the baseline first; what a cell means stands in a sentence below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.compare.marks import mark_icon
from gpulab.ui.compare.words import TONES, cell_words, change_line, small_line
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.viewmodels.comparing.table import Cell, Row

CELL = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex
_PAD = 8


class _Figures(QStyledItemDelegate):
    """Three lines: the figure, how it changed, how sure that is."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme, self.working = theme, False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the ground, the lines, and a ring where the keys are."""
        cell: Cell | str = index.data(CELL) or ""
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        rect = QRect(option.rect)
        painter.save()
        painter.fillRect(rect, QColor(self.theme.selection if chosen else self.theme.surface))
        painter.setPen(QColor(self.theme.border))  # goes on from the line below the row's name
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        top = rect.top() + 5
        for font, color, text in self._lines(cell, option.font):
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(QColor(color))
            room = QRect(rect.left() + _PAD, top, rect.width() - 2 * _PAD, metrics.height())
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            side = Qt.AlignmentFlag.AlignLeft if isinstance(cell, str) else Qt.AlignmentFlag.AlignRight
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)
            top += metrics.height()
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for every line in full."""
        cell: Cell | str = index.data(CELL) or ""
        lines = self._lines(cell, option.font)
        sizes = [(QFontMetrics(font).horizontalAdvance(text), QFontMetrics(font).height()) for font, _, text in lines]
        width = 0 if isinstance(cell, str) else max((w for w, _ in sizes), default=0)
        return QSize(width + 2 * _PAD + 2, sum(h for _, h in sizes) + 10)

    def _lines(self, cell: Cell | str, font: QFont) -> list[tuple[QFont, str, str]]:
        strong, small = QFont(font), QFont(font)
        strong.setWeight(QFont.Weight.DemiBold)
        small.setPointSizeF(font.pointSizeF() * 0.88)
        theme = self.theme
        if isinstance(cell, str):
            return [(small, theme.muted, cell)]
        if cell.tone == "none":
            return [(small, theme.muted, said("not yet") if self.working else said("not measured"))]
        severity = TONES[cell.tone][1]
        color = theme.severity(severity) if severity else theme.muted
        lines = [(strong, theme.text if cell.tone != "beside" else theme.muted, cell.value)]
        if text := change_line(cell):
            lines.append((font if cell.tone not in ("good", "bad") else strong, color, text))
        if text := small_line(cell):
            lines.append((small, theme.muted, text))
        return lines


class ComparisonTable(QWidget):
    """The table with its sentence below."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self._places: list[int | None] = []
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setAccessibleName(said("Figures of every arm"))
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTabKeyNavigation(False)
        self.table.viewport().installEventFilter(self)
        self._figures = _Figures(theme, self.table)
        self.table.setItemDelegate(self._figures)
        self.table.currentCellChanged.connect(lambda *_: self._explain())
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("muted", True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.about)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = self._figures.theme = theme
        if self._snapshot is not None:
            self._fill(self._snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Fills the table where something in it changed."""
        known, self._snapshot = self._snapshot, snapshot
        if known is None or (known.rows, known.names) != (snapshot.rows, snapshot.names):
            self._fill(snapshot)

    def _fill(self, snapshot: Snapshot) -> None:
        table, arms = self.table, snapshot.standing.comparison.arms
        self._figures.working = snapshot.headline.working
        here = (table.currentRow(), table.currentColumn())
        bar = table.verticalScrollBar().value()
        table.clearSpans()
        self._places = _with_a_line(snapshot.rows)
        table.setRowCount(len(self._places))
        table.setColumnCount(len(arms))
        side = self.fontMetrics().height()
        for number, arm in enumerate(arms):
            named = number > 0 or "baseline" in arm.name
            name = arm.name if named else said("{arm} (baseline)").format(arm=arm.name)
            head = QTableWidgetItem(mark_icon(number, self._theme, side), _shortened(name))
            head.setToolTip(name)
            head.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setHorizontalHeaderItem(number, head)
        for number, place in enumerate(self._places):
            if place is None:
                self._draw_line(number, len(arms))
                continue
            row = snapshot.rows[place]
            table.setVerticalHeaderItem(number, QTableWidgetItem(said(row.metric.label)))
            for column, (arm, cell) in enumerate(zip(arms, row.cells, strict=True)):
                words = cell_words(row, cell, arm.name)
                item = QTableWidgetItem()
                item.setData(CELL, cell)
                item.setToolTip(words)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
                table.setItem(number, column, item)
        table.resizeRowsToContents()
        self._share_width()
        table.setCurrentCell(*here)
        table.verticalScrollBar().setValue(bar)
        self._explain()

    def _draw_line(self, number: int, columns: int) -> None:
        """From here on figures only stand beside."""
        self.table.setVerticalHeaderItem(number, QTableWidgetItem(""))
        item = QTableWidgetItem()
        item.setData(CELL, said("Shown beside, without a verdict"))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.table.setItem(number, 0, item)
        if columns > 1:  # Qt complains of the others
            self.table.setSpan(number, 0, 1, columns)

    def _share_width(self) -> None:
        """Each column as wide as it must be, all of them sharing what is left."""
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.resizeColumnsToContents()
        needed = [max(self.table.columnWidth(n), head.sectionSizeHint(n)) for n in range(self.table.columnCount())]
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        spare = max(0, self.table.viewport().width() - sum(needed)) // max(1, len(needed))
        for number, width in enumerate(needed):
            self.table.setColumnWidth(number, width + min(spare, self.fontMetrics().height() * 6))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shares the width anew, which the names of the rows and the scroll bar come to take a part of."""
        if event.type() == QEvent.Type.Resize and watched is self.table.viewport() and self._snapshot is not None:
            self._share_width()
        return super().eventFilter(watched, event)

    def cell_at(self, at: QPoint) -> Cell | None:
        """The cell under a point of the table."""
        index = self.table.indexAt(at)
        return index.data(CELL) if index.isValid() else None

    def _explain(self) -> None:
        """A whole sentence on the cell that has the keys, for whoever cannot hover."""
        snapshot, row, column = self._snapshot, self.table.currentRow(), self.table.currentColumn()
        place = self._places[row] if 0 <= row < len(self._places) else None
        if snapshot is not None and not snapshot.rows:
            self.about.setText(said("The first figures come when the first run has ended; its curve comes at once."))
            return
        if snapshot is None or place is None or column < 0:
            self.about.setText(said("Choose a figure to read how sure it is."))
            return
        arm = snapshot.standing.comparison.arms[column]
        self.about.setText(cell_words(snapshot.rows[place], snapshot.rows[place].cells[column], arm.name))


def _with_a_line(rows: Sequence[Row]) -> list[int | None]:
    """The numbers of the rows, with a place for a line before the first that only stands beside."""
    first = next((number for number, row in enumerate(rows) if not row.judged), len(rows))
    line: list[int | None] = [None] if 0 < first < len(rows) else []
    return [*range(first), *line, *range(first, len(rows))]


def _shortened(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
