"""Gives tests of the window what they share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from gpulab.ui.theme import LIGHT, apply, chosen_look
from gpulab.ui.theme.look import BASE_PT
from tests.ui.window import root

__all__ = ["normal_type", "root"]


@pytest.fixture(autouse=True)
def normal_type() -> Iterator[None]:
    """The application outlives a test: the large type that one test chose must not greet the next one."""
    yield
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    look = chosen_look(app)
    if look is not None and look.scale != 1.0:
        look.set_scale(1.0)
    if app.styleSheet() and app.font().pointSizeF() != BASE_PT:
        apply(app, look.theme if look is not None else LIGHT)
