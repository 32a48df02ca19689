"""The Learn page: lessons and their player, techniques, glossary, gallery."""

from gpulab.ui.learn.page import LearnPage

__all__ = ["LearnPage"]
