"""Settings that belong together stand in one box under one title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gpulab.ui.form.factory import Step
from gpulab.ui.form.field import FieldKeys
from gpulab.ui.form.section import Section
from gpulab.ui.form.words import words
from gpulab.viewmodels.form import Group
from gpulab.viewmodels.options import Option


def heading(text: str, parent: QWidget) -> QLabel:
    """A title over a box."""
    label = QLabel(text, parent)
    label.setProperty("heading", True)
    label.setProperty("muted", True)
    label.setContentsMargins(10, 4, 0, 0)
    return label


def box(parent: QWidget) -> QFrame:
    """The box itself."""
    frame = QFrame(parent)
    frame.setProperty("card", True)
    return frame


class GroupBox(QWidget):
    """One group: its title and its section. It hides while no row of it is shown."""

    edited = Signal(str, object, bool)
    settled = Signal(str)

    def __init__(
        self,
        group: Group,
        options: Mapping[str, Sequence[Option]],
        step: Step,
        keys: FieldKeys,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        frame = box(self)
        self.section = Section(group.settings, options, step, keys, frame)
        self.section.edited.connect(self.edited)
        self.section.settled.connect(self.settled)
        self.setAccessibleName(words(group.title))
        inner = QVBoxLayout(frame)
        inner.setContentsMargins(10, 9, 10, 9)
        inner.addWidget(self.section)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading(words(group.title), self))
        layout.addWidget(frame)
