"""Sentences for what happened in a run."""

SENTENCES: dict[str, str] = {}
