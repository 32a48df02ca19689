"""How everything looks: one table of colours, one font, one set of icons."""

from gpulab.ui.theme.choice import Mode, ThemeChoice, chosen_look, system_theme
from gpulab.ui.theme.colours import DARK, LIGHT, Theme, contrast, mixed
from gpulab.ui.theme.icons import icon
from gpulab.ui.theme.look import apply
from gpulab.ui.theme.runs import run_style
from gpulab.ui.theme.switch import Switch

__all__ = [
    "DARK",
    "LIGHT",
    "Mode",
    "Switch",
    "Theme",
    "ThemeChoice",
    "apply",
    "chosen_look",
    "contrast",
    "icon",
    "mixed",
    "run_style",
    "system_theme",
]
