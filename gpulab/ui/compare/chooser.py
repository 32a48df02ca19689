"""The slim list at the left: every comparison, the newest first, and how to make another one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from gpulab.comparisons.listing import Listed
from gpulab.ui.compare.words import QUESTIONS, STATES
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme, icon

_FOLDER = Qt.ItemDataRole.UserRole


class Chooser(QWidget):
    """`chosen` carries a folder, `asked` the kind of a new comparison, `delete_wanted` a folder.

    `restore_wanted` asks for what was deleted last.
    """

    chosen = Signal(object)
    asked = Signal(str)
    delete_wanted = Signal(object)
    open_wanted = Signal(object)
    restore_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName(said("Comparisons"))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(1)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.currentItemChanged.connect(self._current)
        self.list.customContextMenuRequested.connect(self._menu)
        self.new = QToolButton()
        self.new.setText(said("New comparison"))
        self.new.setToolTip(said("Compares the experiment of the Lab with variants of itself."))
        self.new.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.new.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.new.setProperty("boxed", True)
        self.new.setObjectName("new_comparison")
        self.new.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.new.setMenu(self._questions())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.new)
        column.addWidget(self.list, 1)
        self.restore = QPushButton(said("Bring back"))
        self.restore.setObjectName("restore_comparison")
        self.restore.setToolTip(said("Takes the comparison that was deleted last out of the trash."))
        self.restore.clicked.connect(self.restore_wanted)
        self.restore.hide()
        column.addWidget(self.restore)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        side = self.fontMetrics().height()
        self.new.setIcon(icon("plus", theme))
        self.new.setIconSize(QSize(side, side))

    def show_list(self, comparisons: Sequence[Listed]) -> None:
        """Shows them; the chosen one stays chosen, and nothing is told."""
        here = self.folder
        self.list.blockSignals(True)
        self.list.clear()
        for one in comparisons:
            self.list.addItem(_item(one))
        self.list.blockSignals(False)
        self.select(here)

    @property
    def folder(self) -> Path | None:
        """The chosen comparison."""
        item = self.list.currentItem()
        return item.data(_FOLDER) if item else None

    def select(self, folder: Path | None) -> None:
        """Chooses `folder` without telling."""
        self.list.blockSignals(True)
        for number in range(self.list.count()):
            if folder is not None and self.list.item(number).data(_FOLDER) == folder:
                self.list.setCurrentRow(number)
        self.list.blockSignals(False)

    def _questions(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for question, (title, about) in QUESTIONS.items():
            action = menu.addAction(said(title))
            action.setToolTip(said(about))
            action.setObjectName(f"ask:{question}")
            action.triggered.connect(lambda _=False, question=question: self.asked.emit(question))
        return menu

    def _current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(_FOLDER))

    def _menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at)
        if item is None:  # below the list nothing is meant, least of all what happens to be chosen
            return
        folder = item.data(_FOLDER)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(said("Open folder"), lambda: self.open_wanted.emit(folder))
        menu.addAction(said("Delete…"), lambda: self.delete_wanted.emit(folder))
        menu.popup(self.list.viewport().mapToGlobal(at))


def _item(one: Listed) -> QListWidgetItem:
    mark, word, _ = STATES[one.state]
    below = sentence_of(one.problem) if one.problem else f"{mark} {said(word)}"
    item = QListWidgetItem(f"{one.name}\n{below}")
    item.setData(_FOLDER, one.folder)
    item.setToolTip("\n".join((str(one.folder), *one.arms)))
    return item
