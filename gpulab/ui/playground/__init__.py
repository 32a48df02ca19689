"""The Playground: models write side by side, are looked into, and are tasted blind."""

from gpulab.ui.playground.page import PlaygroundPage

__all__ = ["PlaygroundPage"]
