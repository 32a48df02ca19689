"""Gives tests of the window what they share."""

from __future__ import annotations

from tests.ui.window import root

__all__ = ["root"]
