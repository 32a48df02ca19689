"""Where the panels stand: the form's place is there at once, the others are filled later; people may rearrange them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]

_GEOMETRY, _STATE, _LAYOUT = "window/geometry", "window/state", 1
_NARROW, _LOW = 1500, 800
_SIZE = (1440, 900)
_FRAME = QSize(4, 32)  # what a desktop draws around a window; nobody tells before it is shown
_FORM_WIDTH, _STORY_WIDTH, _RUNS_HEIGHT, _LOW_RUNS = 330, 290, 230, 172


class Layout:
    """The places of one window: charts in the middle, experiment left, story right, runs and queue below.

    That is the Lab; another page takes the place of it all.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window, self._low = window, False
        self._lab: QByteArray | None = None  # how the Lab was arranged, while another page is shown
        window.setDockNestingEnabled(True)
        window.setCentralWidget(_framed((4, 8, 4, 4)))
        self.bottom = QTabWidget()
        self.bottom.setDocumentMode(True)
        areas = Qt.DockWidgetArea
        self.experiment = self._dock("experiment", window.tr("Experiment"), areas.LeftDockWidgetArea, (8, 8, 0, 0))
        self.story = self._dock("story", window.tr("Story"), areas.RightDockWidgetArea, (0, 8, 8, 4))
        self.runs = self._dock("runs_and_queue", window.tr("Runs and queue"), areas.BottomDockWidgetArea, (4, 0, 4, 6))
        self.docks = (self.experiment, self.story, self.runs)
        window.setCorner(Qt.Corner.BottomLeftCorner, areas.LeftDockWidgetArea)
        window.resize(QSize(*_SIZE).boundedTo(window.screen().availableSize() - _FRAME))
        self.set_widths(_FORM_WIDTH, _STORY_WIDTH)
        window.resizeDocks([self.runs], [_RUNS_HEIGHT], Qt.Orientation.Vertical)

    def hold(self, form: QWidget) -> None:
        """Puts the form into its place, where it was best born: a styled widget that moves is styled anew."""
        _put_into(self.experiment.widget(), form)

    def fill(self, charts: QWidget, story: QWidget, runs: QWidget, queue: QWidget, head: QWidget) -> None:
        """Puts the panels that come after the first paint into their places; `head` belongs to the runs."""
        self._pages = _Shown()
        self._pages.addWidget(charts)
        _put_into(self._window.centralWidget(), self._pages)
        self.bottom.addTab(runs, self._window.tr("Runs"))
        self.bottom.addTab(queue, self._window.tr("Queue"))
        self.bottom.setCornerWidget(head)
        self.bottom.currentChanged.connect(lambda _: head.setVisible(self.bottom.currentWidget() is runs))
        _put_into(self.story.widget(), story)
        _put_into(self.runs.widget(), self.bottom)

    def set_widths(self, form: int = _FORM_WIDTH, story: int = _STORY_WIDTH) -> None:
        """How the columns at the sides share the width with the charts."""
        self._window.resizeDocks([self.experiment, self.story], [form, story], Qt.Orientation.Horizontal)

    def free(self, free: bool) -> None:
        """With title bars panels can be moved, floated and closed; without them the window is calm."""
        for dock in self.docks:
            dock.setTitleBarWidget(None if free else QWidget())  # type: ignore[arg-type]

    def fit(self, width: int, height: int) -> None:
        """Where the window is narrow the runs reach below the story; where it is low the charts need their height."""
        areas = Qt.DockWidgetArea
        side = areas.BottomDockWidgetArea if width < _NARROW else areas.RightDockWidgetArea
        self._window.setCorner(Qt.Corner.BottomRightCorner, side)
        if (low := height < _LOW) != self._low:
            self._low = low
            self._window.resizeDocks([self.runs], [_LOW_RUNS if low else _RUNS_HEIGHT], Qt.Orientation.Vertical)

    def go_to(self, tab: QWidget, focus: QWidget) -> None:
        """Brings one of the tabs below to the front and gives it the keys."""
        self.runs.show()
        self.bottom.setCurrentWidget(tab)
        focus.setFocus()

    def turn_to(self, page: QWidget | None) -> None:
        """Shows `page` alone, or the Lab (None) as it was arranged."""
        if page is None:
            self._pages.setCurrentIndex(0)
            if self._lab is not None:
                self._arrange(self._lab)
            self._lab = None
        else:
            self._lab = self._lab or self._window.saveState(_LAYOUT)
            for dock in self.docks:
                dock.hide()
            if self._pages.indexOf(page) < 0:
                self._pages.addWidget(page)
            self._pages.setCurrentWidget(page)
        for dock in self.docks:
            dock.toggleViewAction().setEnabled(page is None)

    def _arrange(self, state: QByteArray) -> None:
        """As `state` tells, but for the corners: those of a wider window would make this one grow over the screen."""
        self._window.restoreState(state, _LAYOUT)
        self.fit(self._window.width(), self._window.height())

    def keep(self, size: QSize) -> None:
        """Gives the window `size` back: what panels ask for while they are put together must not widen it for good."""
        layout = self._window.layout()
        assert layout is not None
        layout.activate()
        if self._window.isVisible() and not self._window.isMaximized() and not self._window.isFullScreen():
            self._window.resize(size)

    def restore(self) -> None:
        """Everything stands where it stood last time."""
        settings = QSettings()
        geometry = settings.value(_GEOMETRY, QByteArray(), type=QByteArray)
        state = settings.value(_STATE, QByteArray(), type=QByteArray)
        assert isinstance(geometry, QByteArray)
        assert isinstance(state, QByteArray)
        if geometry:
            self._window.restoreGeometry(geometry)
        if state:
            self._arrange(state)

    def remember(self) -> None:
        """For the next time."""
        QSettings().setValue(_GEOMETRY, self._window.saveGeometry())
        QSettings().setValue(_STATE, self._lab or self._window.saveState(_LAYOUT))

    def _dock(self, name: str, title: str, area: Qt.DockWidgetArea, margins: Margins) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(_framed(margins))
        dock.setTitleBarWidget(QWidget())
        self._window.addDockWidget(area, dock)
        return dock


class _Shown(QStackedWidget):
    """Asks for the room that the page on top needs: what no one sees must not hold the Lab wider than the screen."""

    def minimumSizeHint(self) -> QSize:
        """That of the page on top."""
        shown = self.currentWidget()
        return shown.minimumSizeHint().expandedTo(shown.minimumSize()) if shown else super().minimumSizeHint()


def _framed(margins: Margins) -> QWidget:
    """A place with room around it: left, top, right, bottom."""
    frame = QWidget()
    QVBoxLayout(frame).setContentsMargins(*margins)
    return frame


def _put_into(frame: QWidget | None, inside: QWidget) -> None:
    assert frame is not None
    layout = frame.layout()
    assert layout is not None
    layout.addWidget(inside)
