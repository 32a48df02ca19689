"""One chart in its card: header, axes, curves, crosshair, markers, and quiet words where there is nothing yet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from gpulab.ui.charts.axes import TickAxis
from gpulab.ui.charts.header import PanelHeader, Sample
from gpulab.ui.charts.lines import Drawn, LineBook, dash_of, dotted, width_of
from gpulab.ui.charts.markers import MarkerLayer, Placed
from gpulab.ui.charts.model import QUIET, ChartState
from gpulab.ui.charts.pointer import Pointer
from gpulab.ui.charts.readout import Readout
from gpulab.ui.charts.strokes import CurveLayer, Frame
from gpulab.ui.charts.view import ZoomView
from gpulab.viewmodels.charting import ChartSpec, Format, Range, reach_y
from gpulab.viewmodels.figures import figure
from gpulab.viewmodels.track import Window

LOOSE = 1.7  # how much too large the vertical range may be before it shrinks


class ChartPanel(QFrame):
    """A card with one chart. What is shared between charts is asked for by signal and comes back as `ChartState`."""

    zoom_wanted = Signal(float, float)
    reset_wanted = Signal()
    menu_wanted = Signal(QPoint)
    crossed = Signal(object)  # the crosshair's place in the axis' own unit, or None
    pointed = Signal(str)  # the run under the mouse, "" for none
    stepped = Signal(int, bool)  # the crosshair by keyboard: direction, far

    def __init__(self, spec: ChartSpec, state: ChartState, labelled: bool) -> None:
        super().__init__()
        self.spec = spec
        self.log_y = False
        self._state = state
        self._book = LineBook(spec)
        self._zoom_y: Range | None = None
        self._held: tuple[object, Range] | None = None
        self._lines: list[Drawn] = []
        self.header = PanelHeader(spec.title, spec.subtitle, state.theme)
        self._build_plot(labelled)
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(spec.title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 6)
        layout.setSpacing(4)
        layout.addWidget(self.header)
        layout.addWidget(self.plot, 1)
        self.dress()

    def _build_plot(self, labelled: bool) -> None:
        self._view = ZoomView()
        self._left, self._bottom = TickAxis("left", self.spec.format), TickAxis("bottom", "si")
        self.plot = pg.PlotWidget(viewBox=self._view, axisItems={"left": self._left, "bottom": self._bottom})
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName(self.spec.title)
        self.plot.hideButtons()
        self.plot.setMinimumSize(160, 90)
        self.curves = CurveLayer(self._view)
        self._markers = MarkerLayer(self._view, self._state.theme, labelled)
        self._quiet = QLabel(self.plot)
        self._quiet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._quiet.setWordWrap(True)
        self._quiet.setProperty("muted", True)
        self._quiet.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._pointer = Pointer(self.plot, self._view, self._state, self.spec.format)
        self._view.zoomed.connect(self.zoom_to)
        self._view.reset.connect(self.reset_wanted)
        self._view.menu_wanted.connect(self.menu_wanted)
        self._view.sigResized.connect(self._resized)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.installEventFilter(self)

    # --- looks ---------------------------------------------------------------------------------------------------

    def dress(self) -> None:
        """Takes theme and type from the state."""
        theme, font = self._state.theme, self.font()
        self.plot.setBackground(theme.surface)
        small = self.font()
        small.setPointSizeF(font.pointSizeF() * 0.92)
        metrics = QFontMetrics(small)
        width = metrics.horizontalAdvance("8888 MB") + 10
        for axis in (self._left, self._bottom):
            axis.dress(theme, small, metrics.height(), width)
        last = metrics.horizontalAdvance("2000") // 2  # the last label reaches out of the axis by half
        self.plot.getPlotItem().layout.setContentsMargins(0, metrics.height() // 2, last, 0)
        self._view.dress(theme.accent)
        self.header.dress(theme)
        self._pointer.dress()

    def _resized(self) -> None:
        if not self._state.moving:
            self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The card, with a ring while it has the keyboard."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._state.theme.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    # --- drawing -------------------------------------------------------------------------------------------------

    @property
    def ground(self) -> QColor:
        """What lies around the card."""
        return QColor(self._state.theme.window)

    @property
    def has_lines(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._lines)

    @property
    def readout(self) -> Readout:
        """The box beside the crosshair."""
        return self._pointer.readout

    @property
    def quiet_words(self) -> str:
        """What stands where there is no curve yet."""
        return self._quiet.text()

    @property
    def value_words(self) -> str:
        """The large figure."""
        return self.header.value

    @property
    def marker_places(self) -> list[Placed]:
        """The markers in the current window, in pixels."""
        return self._markers.placed

    def redraw(self) -> None:
        """Brings the picture up to date; what did not change is not computed again."""
        state, area = self._state, self._view.rect()
        low, high = (state.from_axis(end) for end in state.shown_x)
        window = Window(state.axis, low, high, state.log_x, max(int(area.width()), 1))
        self._lines = self._book.lines(state, window)
        span = self._book.span(self._lines, window, self.log_y, state.clip)
        y = self._zoom_y or self._held_range(span)
        self._left.show_as(self.spec.format, self.log_y)
        along: Format = "plain" if state.axis == "epoch" else "si"
        self._bottom.show_as(along, state.log_x, state.axis == "seconds", self._axis_name())
        if self._view.viewRange() != [list(state.shown_x), list(y)]:
            self._view.setRange(xRange=state.shown_x, yRange=y, padding=0)
        frame = Frame(state.shown_x, y, state.log_x, self.log_y, area.width(), area.height())
        self.curves.set_layers(self._book.layers(self._lines, state, frame))
        self._markers.show_markers(self._placed(frame), state.theme, self.font())
        self._say_what_is_missing()
        self._show_value()

    def _axis_name(self) -> str:
        names = {
            "step": self.tr("step"),
            "tokens": self.tr("tokens"),
            "seconds": self.tr("time"),
            "epoch": self.tr("epoch"),
        }
        return names[self._state.axis] if self._lines else ""

    def _held_range(self, span: Range | None) -> Range:
        if span is None:
            return (0.0, 1.0)
        state = self._state
        key = (state.axis, state.shown_x, state.log_x, self.log_y, state.clip, tuple(state.runs))
        wanted = reach_y(*span, self.log_y, self.spec.from_zero)
        if self._held is not None and self._held[0] == key:
            low, high = self._held[1]
            if low <= wanted[0] + 1e-12 and wanted[1] <= high + 1e-12 and high - low <= LOOSE * (wanted[1] - wanted[0]):
                return self._held[1]
        self._held = (key, wanted)
        return wanted

    def _placed(self, frame: Frame) -> list[Placed]:
        placed: list[Placed] = []
        for run in self._state.runs.values():
            across = run.series.x(self._state.axis)
            for step, label, severity in run.markers:
                if across is None or not len(across) or (severity == QUIET and run is not self._state.focus):
                    continue
                where = float(np.interp(step, run.series.step, across))
                x = float(frame.pixels((np.array([where]), np.array([1.0])))[0][:1].sum())
                if 0 <= x <= frame.width and (where > 0 or not frame.log_x):
                    placed.append((x, label, severity))
        return sorted(placed)

    def _say_what_is_missing(self) -> None:
        runs = self._state.runs.values()
        words = ""
        if not runs:
            words = self.tr("Press Run to watch it live")
        elif not self._lines:
            live = any(run.live for run in runs)
            words = self.tr("Waiting for the first value") if live else self.tr("These runs recorded no such value")
        if words == self._quiet.text() and self._quiet.isVisibleTo(self) == bool(words):
            return  # touching an axis makes pyqtgraph lay out all its ticks again
        self._quiet.setText(words)
        self._quiet.setVisible(bool(words))
        for axis in (self._left, self._bottom):
            axis.setStyle(showValues=not words)
            axis.setGrid(0 if words else 255)

    def _show_value(self) -> None:
        focus = self._state.focus
        track = focus.track(self.spec.value_key, 0.0) if focus and not self._has_main(self.spec.value_key) else None
        if focus and track is None:
            track = focus.track(self.spec.value_key, self._state.smoothing)
        text = figure(float(track.raw[-1]), self.spec.format) if track is not None and len(track) else ""
        color = focus.style(self._state.theme)[0] if focus and text and len(self._state.runs) > 1 else None
        self.header.show_value(text, color, self._samples())
        self.setAccessibleDescription(f"{self.spec.subtitle} {text}".strip())

    def _has_main(self, key: str) -> bool:
        return any(line.key == key and line.role == "main" for line in self.spec.lines)

    def _samples(self) -> list[Sample]:
        shown = {drawn.line.key for drawn in self._lines}
        lines = [line for line in self.spec.lines if line.key in shown]
        if len(lines) < 2:
            return []
        solid = Qt.PenStyle.SolidLine
        return [
            (line.label, dash_of(self.spec, line, solid), width_of(self.spec, line), dotted(self.spec, line))
            for line in lines
        ]

    # --- the crosshair -------------------------------------------------------------------------------------------

    def show_cross(self, here: bool) -> None:
        """Draws the crosshair where the state says; `here` is the chart that the mouse is on."""
        self._pointer.show(self._lines, here, self._markers.label_bottom)

    def _moved(self, where: Any) -> None:
        if not self._view.sceneBoundingRect().contains(where) or not self._lines:
            return
        at = self._state.from_axis(self._view.mapSceneToView(where).x())
        self.pointed.emit(self._pointer.nearest(self._lines, at, self._view.mapFromScene(where).y(), self.log_y))
        self.crossed.emit(at)

    # --- hands ---------------------------------------------------------------------------------------------------

    def set_log(self, on: bool) -> None:
        """Makes the vertical axis logarithmic or linear; a zoom in the other scale is forgotten."""
        if on != self.log_y:
            self.log_y, self._zoom_y = on, None

    def reset(self) -> None:
        """Forgets the vertical zoom."""
        self._zoom_y = None

    def zoom_to(self, rect: QRectF) -> None:
        """Shows the part `rect` (axis units): upwards this chart only, sideways all of them."""
        if self._view.mapRectFromView(rect).height() > 4:
            self._zoom_y = (rect.top(), rect.bottom())
        self.zoom_wanted.emit(rect.left(), rect.right())

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """The mouse has left: no crosshair."""
        if event.type() == QEvent.Type.Leave:
            self.crossed.emit(None)
            self.pointed.emit("")
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the crosshair (far with Shift), Escape hides it, 0 resets the zoom."""
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Right else -1, far)
        elif event.key() == Qt.Key.Key_Escape and self._state.cross_x is not None:
            self.crossed.emit(None)
        elif event.key() == Qt.Key.Key_0:
            self.reset_wanted.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key."""
        self.menu_wanted.emit(event.globalPos())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the ring."""
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hides the ring."""
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the quiet words in the middle."""
        super().resizeEvent(event)
        self._quiet.setGeometry(self.plot.rect().adjusted(20, 0, -20, 0))
