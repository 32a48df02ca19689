"""A card with one chart of a comparison: title, legend, plot, zoom by dragging, and a menu that saves it as a file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QMenu, QSizePolicy, QVBoxLayout, QWidget

from gpulab.ui.charts.axes import TickAxis
from gpulab.ui.charts.view import ZoomView
from gpulab.ui.compare.marks import SYMBOLS
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, run_style
from gpulab.viewmodels.charting import Range

_GLYPHS = {"o": "●", "s": "■", "t1": "▲", "d": "◆", "p": "⬟", "star": "★", "h": "⬢", "t": "▼"}
_SHARPNESS = 2

Table = Sequence[Sequence[str | float | int]]


class ChartCard(QFrame):
    """What every card of the page can do: take a theme, be saved as a picture, as vectors, as figures."""

    told = Signal(str)

    def __init__(self, title: str, key: str, theme: Theme) -> None:
        super().__init__()
        self.theme, self._key = theme, key
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.note = QLabel(title), QLabel()
        self.title.setProperty("heading", True)
        self.note.setProperty("muted", True)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        for label in (self.legend, self.note):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.top = QHBoxLayout()
        self.top.setSpacing(8)
        self.top.addWidget(self.title)
        self.top.addStretch()
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(12, 8, 12, 8)
        self.inside.setSpacing(4)
        self.inside.addLayout(self.top)
        self.inside.addWidget(self.legend)

    def figures(self) -> Table:
        """What is drawn, as rows of a CSV file; nothing where there is nothing."""
        return ()

    def show_legend(self, names: Sequence[tuple[int, str]]) -> None:
        """Which mark is which: places of arms with their names."""
        parts = []
        for place, name in names:
            color, glyph = run_style(place, self.theme)[0].name(), _GLYPHS[SYMBOLS[place % len(SYMBOLS)]]
            words = escape(name).replace(" ", "&nbsp;")
            parts.append(f"<span style='color:{color}'>{glyph}</span>&nbsp;{words}")
        self.legend.setText("&nbsp;&nbsp;&nbsp; ".join(parts))
        self.legend.setVisible(bool(parts))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Right click, or the menu key."""
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """The ways out; it deletes itself when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.add_to(menu)
        menu.addAction(said("Save as PNG…"), lambda: self._ask("png", self.save_png))
        menu.addAction(said("Save as SVG…"), lambda: self._ask("svg", self.save_svg))
        saves = menu.addAction(said("Save values as CSV…"), lambda: self._ask("csv", self.save_csv))
        saves.setEnabled(len(self.figures()) > 1)
        return menu

    def add_to(self, menu: QMenu) -> None:
        """What a chart of its own kind puts before the ways out."""

    def save_png(self, path: Path) -> None:
        """A picture with twice the pixels of the screen; OSError where it cannot be written."""
        picture = QPixmap(self.size() * _SHARPNESS)
        picture.setDevicePixelRatio(_SHARPNESS)
        picture.fill(self.theme.window)
        self.render(picture)
        if not picture.save(str(path), "PNG"):
            raise OSError(path)

    def save_svg(self, path: Path) -> None:
        """Vectors; OSError where they cannot be written."""
        path.touch()  # QSvgGenerator only warns where nothing can be written
        generator = QSvgGenerator()
        generator.setFileName(str(path))
        generator.setSize(self.size())
        generator.setViewBox(QRect(QPoint(0, 0), self.size()))
        generator.setTitle(self.accessibleName())
        painter = QPainter(generator)
        self.render(painter, QPoint(0, 0))
        painter.end()

    def save_csv(self, path: Path) -> None:
        """Every figure that is drawn; OSError where they cannot be written."""
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(self.figures())

    def _ask(self, ending: str, save: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getSaveFileName(self, said("Save chart"), f"{self._key}.{ending}", f"*.{ending}")
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(f"{name}.{ending}")
        try:
            save(path)
        except OSError as error:
            reason = error.strerror or said("the picture cannot be written")
            self.told.emit(said("{path} was not saved: {reason}.").format(path=path, reason=reason))
            return
        self.told.emit(said("Saved {path}.").format(path=path))


class PlotCard(ChartCard):
    """A card with axes. Drag zooms, a double click or 0 shows everything again."""

    def __init__(self, title: str, key: str, theme: Theme) -> None:
        super().__init__(title, key, theme)
        self.area = ZoomView()
        self.left, self.bottom = TickAxis("left", "plain"), TickAxis("bottom", "si")
        self.view = pg.PlotWidget(viewBox=self.area, axisItems={"left": self.left, "bottom": self.bottom})
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.hideButtons()
        self.view.setMinimumSize(220, 130)
        self._quiet = QLabel(self.view)
        self._quiet.setProperty("muted", True)
        self._quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._quiet.setWordWrap(True)
        QVBoxLayout(self.view).addWidget(self._quiet)
        self.inside.addWidget(self.view, 1)
        self.inside.addWidget(self.note)
        self._reach: tuple[Range, Range] | None = None
        self._zoomed = False
        self.area.zoomed.connect(self._zoom)
        self.area.reset.connect(self.reset_zoom)
        self.area.menu_wanted.connect(lambda where: self.menu().popup(where))
        self.dress()

    def dress(self) -> None:
        """Takes the theme's colours and the size of the type."""
        theme = self.theme
        self.view.setBackground(theme.surface)
        small = self.font()
        small.setPointSizeF(small.pointSizeF() * 0.92)
        metrics = QFontMetrics(small)
        for axis in (self.left, self.bottom):
            axis.dress(theme, small, metrics.height(), metrics.horizontalAdvance("8888 MB") + 10)
        self.view.getPlotItem().layout.setContentsMargins(0, metrics.height() // 2, metrics.height(), 0)
        self.area.dress(theme.accent)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self.theme = theme
        self.dress()

    def say_quietly(self, words: str) -> None:
        """Words in the middle where there is nothing to draw; empty takes them away."""
        self._quiet.setText(words)
        self._quiet.setVisible(bool(words))
        for axis in (self.left, self.bottom):
            axis.setVisible(not words)

    def reach(self, x: Range, y: Range) -> None:
        """What is shown without zoom; a zoom stays until it is reset."""
        self._reach = (x, y)
        if not self._zoomed:
            self.area.setRange(xRange=x, yRange=y, padding=0)

    def reset_zoom(self) -> None:
        """Shows everything again."""
        self._zoomed = False
        if self._reach is not None:
            self.area.setRange(xRange=self._reach[0], yRange=self._reach[1], padding=0)

    def add_to(self, menu: QMenu) -> None:
        """Zooming out stands first."""
        menu.addAction(said("Reset zoom"), self.reset_zoom)
        menu.addSeparator()

    def _zoom(self, rect: QRectF) -> None:
        self._zoomed = True
        self.area.setRange(xRange=(rect.left(), rect.right()), yRange=(rect.top(), rect.bottom()), padding=0)


def clear(layout: QHBoxLayout | QVBoxLayout) -> None:
    """Takes every widget out of `layout` for good."""
    while (item := layout.takeAt(0)) is not None:
        widget: QWidget | None = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
