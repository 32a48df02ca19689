"""Paints what a plain cell cannot show: the run's dot, which no selection hides, its dangers and its sparkline."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gpulab.ui.lab.runs_model import RUN
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.record import RunRecord

Index = QModelIndex | QPersistentModelIndex
DOT_WIDTH = 24
_RADIUS = 5.0


def dot_area(cell: QRect) -> QRect:
    """The part of the name cell that shows and hides the run's curves when it is clicked."""
    return QRect(cell.left(), cell.top(), DOT_WIDTH, cell.height())


class DotDelegate(QStyledItemDelegate):
    """The name behind a dot in the run's colour: full while its curves are shown, a ring while they are hidden."""

    def __init__(self, theme: Theme, shown: Callable[[str], bool], parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self._shown = shown

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the cell moved aside, then the dot on the selection's ground, ringed so that it stands out."""
        styled = QStyleOptionViewItem(option)
        self.initStyleOption(styled, index)
        cell = QRect(styled.rect)
        ground = styled.palette.color(styled.palette.ColorRole.Base)
        selected = bool(styled.state & styled.state.State_Selected)
        painter.fillRect(dot_area(cell), QColor(self.theme.selection) if selected else ground)
        styled.rect = cell.adjusted(DOT_WIDTH, 0, 0, 0)
        super().paint(painter, styled, index)
        self._dot(painter, cell, index.data(RUN))

    def _dot(self, painter: QPainter, cell: QRect, run: RunRecord) -> None:
        color, _ = run_style(run.color_index, self.theme)
        center = QRectF(dot_area(cell)).center()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 2))
        painter.setBrush(color if self._shown(run.run_id) else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, _RADIUS, _RADIUS)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Room for the dot."""
        return super().sizeHint(option, index) + QSize(DOT_WIDTH, 0)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        """The name is edited beside the dot."""
        editor.setGeometry(option.rect.adjusted(DOT_WIDTH, 0, 0, 0))


class DangerDelegate(QStyledItemDelegate):
    """The mark and the number of a run's dangers, in the colour of the gravest."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Gives the cell's words their colour, selected or not."""
        super().initStyleOption(option, index)
        run: RunRecord = index.data(RUN)
        if run.dangers:
            ink = QColor(self.theme.severity(run.dangers[0].danger.severity))
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                option.palette.setColor(role, ink)


class SparkDelegate(QStyledItemDelegate):
    """The run's validation loss as a line of a cell's height."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the cell's ground, then the line."""
        super().paint(painter, option, index)
        run: RunRecord = index.data(RUN)
        from gpulab.viewmodels.sparkline import spark  # brings numpy, which the first paint must not wait for

        values = spark(run)
        if len(values) < 2:
            return
        area = QRectF(option.rect).adjusted(8, 5, -8, -5)
        low, high = float(values.min()), float(values.max())
        across, span = area.width() / (len(values) - 1), (high - low) or 1.0
        line = QPolygonF(
            [
                QPointF(area.left() + i * across, area.bottom() - (v - low) / span * area.height())
                for i, v in enumerate(values)
            ]
        )
        color, style = run_style(run.color_index, self.theme)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(color, 1.5, style))
        painter.drawPolyline(line)
        painter.restore()
