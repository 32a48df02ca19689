"""Frames and columns that the page's tabs are laid out with."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

WIDER = 1.25
"""Side columns grow so far with the size of type; then their words take more lines."""


def card(title: str, *widgets: QWidget) -> QFrame:
    """A frame around `widgets`, with a heading where `title` says something."""
    frame = QFrame()
    frame.setProperty("card", True)
    frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    inside = QVBoxLayout(frame)
    inside.setContentsMargins(12, 8, 12, 10)
    inside.setSpacing(6)
    if title:
        heading = QLabel(title)
        heading.setProperty("heading", True)
        inside.addWidget(heading)
    for widget in widgets:
        inside.addWidget(widget)
    return frame


def side_column(*widgets: QWidget) -> QScrollArea:
    """`widgets` below each other; it scrolls where the window is low or the type is large."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    inside = QWidget()
    inside.setProperty("clear", True)
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 4, 0)
    column.setSpacing(10)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    scroll.setWidget(inside)
    return scroll
