"""Figures are drawn once, in inks that stand for roles; what is finally shown chooses their colours.

A page lets light and dark decide (`PAGE` names CSS variables), paper takes the light theme's colours (`PAPER`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gpulab.colours import LIGHT, Theme

_ROLES = ("surface", "text", "muted", "border", "strong_border", "grid", "good", "danger", "selection")
_RUNS = len(LIGHT.runs)
_INKS = {role: f"#0a0b{place:02x}" for place, role in enumerate((*_ROLES, *(f"run{i}" for i in range(_RUNS))))}
_INK = re.compile("|".join(_INKS.values()))


def ink(role: str) -> str:
    """What a figure draws `role` in: a colour that nothing else uses."""
    return _INKS[role]


def run_ink(index: int) -> str:
    """The ink of the side or run at `index`."""
    return _INKS[f"run{index % _RUNS}"]


def colours(theme: Theme) -> dict[str, str]:
    """Every role's colour in `theme`."""
    runs = {f"run{index}": colour for index, colour in enumerate(theme.runs)}
    return {role: getattr(theme, role) for role in _ROLES} | runs


PAGE: Mapping[str, str] = {role: f"var(--{role.replace('_', '-')})" for role in _INKS}
PAPER: Mapping[str, str] = colours(LIGHT)


def inked(svg: str, palette: Mapping[str, str]) -> str:
    """`svg` with every ink as its colour of `palette`."""
    role_of = {shade: role for role, shade in _INKS.items()}
    return _INK.sub(lambda found: palette[role_of[found.group()]], svg)
