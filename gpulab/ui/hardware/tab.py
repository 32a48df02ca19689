"""What every part of the Hardware page has in common."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gpulab.ui.theme import Theme
from gpulab.viewmodels.record import RunRecord


class HardwareTab(QWidget):
    """One part of the page. What has nothing to dress, to calm or to show runs in leaves that method alone.

    `measured` tells that something it measured is over.
    """

    measured = Signal()

    def set_theme(self, theme: Theme, scale: float) -> None:
        """Colours and size of type."""

    def set_calm(self, calm: bool) -> None:
        """Leaves only what an audience needs; or shows everything again."""

    def show_records(self, records: Sequence[RunRecord]) -> None:
        """The runs there are now, the one that the window talks about first."""

    def come(self) -> None:
        """It is seen from now on: what only the eye needs may be read."""

    def go(self) -> None:
        """It is not seen any more: nothing is read for it."""

    @property
    def running(self) -> bool:
        """Whether it measures something that nothing may be measured beside."""
        return False

    def leave(self) -> None:
        """The window closes."""
