"""Data augmentation: what a step reads in place of the text as it stands."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"window_offsets": {"offsets": "grid"}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"window_offsets": {"offsets": "random"}},
]
