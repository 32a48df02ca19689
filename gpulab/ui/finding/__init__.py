"""Finders and the search in the window: a dialog each, live charts, and suggestions that one click takes over."""
