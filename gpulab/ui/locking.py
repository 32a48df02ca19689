"""While a lesson is locked nothing but it is in reach: the window's bars are gone (its keys and drops go nowhere)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow


def lock(window: MainWindow, locked: bool) -> None:
    """Leaves only what the page shows; or brings back what the presenter mode has room for."""
    calm = locked or window.actions_["presenter"].isChecked()
    window.toolbar.setVisible(not locked)
    window.menuBar().setVisible(not calm)
    window.statusBar().setVisible(not calm)
