"""Data augmentation: what a step reads in place of the text as it stands."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"window_offsets": {"offsets": "grid"}},
    {"token_dropout": {"share": 0.3}},
    {"token_replacement": {"share": 0.3}},
    {"window_offsets": {}, "token_dropout": {}, "token_replacement": {}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"window_offsets": {"offsets": "random"}},
    {"token_dropout": {"share": 0.0}},
    {"token_replacement": {"share": 0.0}},
]
