"""A file or a folder is picked with the mouse, dropped or typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from gpulab.spec.setting import Value
from gpulab.ui.form.text_field import TextField
from gpulab.ui.theme import Theme, icon

Folders = Callable[[], Sequence[tuple[str, Path]]]
"""Names and folders of the runs that another can start from, the newest first."""
_LETTERS = 17


class PathField(QWidget):
    """A line for the path beside a button that browses for a file or a folder."""

    edited = Signal(object, bool)
    settled = Signal()

    def __init__(self, title: str, parent: QWidget | None = None, files: bool = True) -> None:
        """`title` is what the dialogs are called; without `files` only a folder can be browsed for."""
        super().__init__(parent)
        self._title = title
        self.line = TextField(self)
        self.line.setClearButtonEnabled(True)
        self.line.setAcceptDrops(False)  # this widget takes the drop, else the path arrives as a file:// address
        self.line.setPlaceholderText(self.tr("none"))
        self.line.edited.connect(self.edited)
        self.line.settled.connect(self.settled)
        self.browse = QToolButton(self)
        self.browse.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.browse.setAccessibleName(
            self.tr("Browse for a file or folder") if files else self.tr("Browse for a folder")
        )
        self.browse.setToolTip(self.browse.accessibleName())
        self.browse.setStyleSheet("QToolButton::menu-indicator { image: none; }")  # the menu opens at once anyway
        self.browse.setMenu(self._menu(files))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.browse)
        self.setFocusProxy(self.line)
        self.setAcceptDrops(True)

    def offer(self, folders: Folders) -> None:
        """Offers the folders of earlier runs too, asked for anew whenever the list is opened."""
        listed = self.browse.menu().addMenu(self.tr("An earlier run"))
        listed.aboutToShow.connect(lambda: self._list(listed, folders()))

    def set_theme(self, theme: Theme) -> None:
        """Redraws the button's picture."""
        self.browse.setIcon(icon("folder", theme))
        self.browse.setFixedHeight(self.line.sizeHint().height())

    def show_value(self, value: Value) -> None:
        """Shows the path, and its end where it is long: that is where the name stands."""
        if self.line.value() != value:
            self.line.show_value(value)
            self.line.end(False)

    def set_wrong(self, wrong: bool) -> None:
        """Draws or takes away the red outline."""
        self.line.set_wrong(wrong)

    def minimumSizeHint(self) -> QSize:
        """Room for a name; where that is too wide the form puts the field below its label."""
        words = self.fontMetrics().averageCharWidth() * _LETTERS
        return QSize(words + self.browse.sizeHint().width(), super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As small as it may be: the form stretches it."""
        return self.minimumSizeHint()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes one file or folder."""
        if len(event.mimeData().urls()) == 1 and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Its path becomes the value."""
        self._take(event.mimeData().urls()[0].toLocalFile())
        event.acceptProposedAction()

    def _menu(self, files: bool) -> QMenu:
        menu = QMenu(self)
        if files:
            menu.addAction(self.tr("A file…"), self._pick_file)
        menu.addAction(self.tr("A folder…"), self._pick_folder)
        return menu

    def _list(self, menu: QMenu, folders: Sequence[tuple[str, Path]]) -> None:
        menu.clear()
        for name, folder in folders:
            action = menu.addAction(f"{name.replace('&', '&&')}\t{folder.name}")
            action.triggered.connect(lambda _=False, folder=folder: self._take(str(folder)))
        if not folders:
            menu.addAction(self.tr("None has finished yet")).setEnabled(False)

    def _pick_file(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        kinds = self.tr("Texts (*.txt *.md *.jsonl *.csv);;All files (*)")
        path, _ = QFileDialog.getOpenFileName(self, self._title, self._start(), kinds)
        self._take(path)

    def _pick_folder(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        self._take(QFileDialog.getExistingDirectory(self, self._title, self._start()))

    def _start(self) -> str:
        """Where browsing starts: beside the path that stands there."""
        beside = Path(self.line.value()).expanduser().parent if self.line.value() else Path.home()
        return str(beside if beside.is_dir() else Path.home())

    def _take(self, path: str) -> None:
        if path:
            self.edited.emit(path, False)
