"""A run's colour and dash, the same in every chart, table and report."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from gpulab.ui.theme.colours import Theme

STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine)


def run_style(index: int, theme: Theme) -> tuple[QColor, Qt.PenStyle]:
    """The colour and dash of a run by its lasting index; neighbours differ in both, 12 in a row in the pair."""
    return QColor(theme.runs[index % len(theme.runs)]), STYLES[index % len(STYLES)]
