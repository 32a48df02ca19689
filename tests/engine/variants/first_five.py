"""The first five techniques, and all of them together."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {},
    {"normalization": {"kind": "rmsnorm"}},
    {"normalization": {"kind": "batchnorm"}},
    {"normalization": {"kind": "none"}},
    {"precision": {"mode": "bf16"}},
    {"precision": {"mode": "fp16"}},
    {"schedule": {"shape": "cosine", "warmup_steps": 3}},
    {"schedule": {"shape": "linear"}},
    {"schedule": {"shape": "wsd"}},
    {"pruning": {"amount": 0.6, "when": "gradual"}},
    {"pruning": {"amount": 0.6}},
    {"quantization": {"scheme": "int8_weight_only"}},
    {"quantization": {"scheme": "int8_dynamic"}},
    {"normalization": {}, "precision": {}, "schedule": {}, "pruning": {"when": "gradual"}, "quantization": {}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"normalization": {"kind": "layernorm"}},
    {"precision": {"mode": "fp32"}},
    {"schedule": {"shape": "constant"}},
]
