"""Sentences for the dangers that a run showed."""

SENTENCES: dict[str, str] = {}
