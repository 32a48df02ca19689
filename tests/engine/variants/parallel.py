"""Several processes that train one model. Each takes seconds to start: what keeps state of its own is here."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"data_parallel": {}, "gradient_compression": {"method": "powersgd", "start": 3}},
    {"data_parallel": {}, "gradient_compression": {"method": "topk", "share": 0.1}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = []
