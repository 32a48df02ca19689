"""Secrets planted in the training text."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"canaries": {"secrets": 3, "repeats": 5}},
    {"canaries": {}, "deduplication": {"minimum_length": 1}},
]
