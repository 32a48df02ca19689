"""A report on paper: set by Qt in the bundled font, broken into pages, written as a PDF."""

from gpulab.ui.printing.pages import printed

__all__ = ["printed"]
