"""The window's door to the one table of colours, which reports read too."""

from gpulab.colours import DARK, LIGHT, Theme, contrast, luminance, mixed

__all__ = ["DARK", "LIGHT", "Theme", "contrast", "luminance", "mixed"]
