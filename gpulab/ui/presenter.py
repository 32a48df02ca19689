"""Presenter mode is read from the back of a room: large type and only what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow
    from gpulab.ui.theme import ThemeChoice

_SCALE = 1.55
_STORY_WIDTH = 460


def present(window: MainWindow, looks: ThemeChoice, on: bool) -> None:
    """Shows what an audience needs, in large type; or everything again."""
    window.actions_["presenter"].setChecked(on)
    looks.set_scale(_SCALE if on else 1.0)
    window.menuBar().setVisible(not on)
    window.statusBar().setVisible(not on)
    window.charts.set_calm(on)
    window.story.set_calm(on)
    window.pages.set_calm(on)
    if window.pages.shown is None:
        arrange_lab(window, on)


def arrange_lab(window: MainWindow, presenting: bool) -> None:
    """Of the Lab, an audience sees charts and story alone."""
    places = window.places
    places.experiment.setVisible(not presenting)
    places.runs.setVisible(not presenting)
    places.story.show()
    if presenting:
        places.set_widths(story=_STORY_WIDTH)
    else:
        places.set_widths()
