"""How the finished model writes."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"kv_cache": {}},
    {"kv_cache": {"storage": "int8"}, "quantization": {}, "precision": {"mode": "bf16"}},
    {"kv_cache": {}, "head_pruning": {}, "grouped_query_attention": {"kv_heads": 1}, "layer_sharing": {}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [{"kv_cache": {}}, {"kv_cache": {"storage": "int8"}}]
