"""The Compare page: comparisons, how they stand, what they found."""

from gpulab.ui.compare.page import ComparePage

__all__ = ["ComparePage"]
