"""The Compare page: comparisons, how they stand, what they found."""

from gpulab.ui.compare.asking import Asking
from gpulab.ui.compare.page import ComparePage

__all__ = ["Asking", "ComparePage"]
