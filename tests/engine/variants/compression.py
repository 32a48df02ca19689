"""Pruning and quantization, at each time and of each kind, and several at once."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"pruning": {"amount": 0.6, "when": "retrain", "retraining_steps": 5}},
    {"pruning": {"pattern": "2:4", "when": "gradual"}},
    {
        "pruning": {"pattern": "2:4", "when": "retrain", "retraining_steps": 8},
        "quantization": {"scheme": "int4_simulated", "aware": True},
    },
    {"quantization": {"scheme": "int4_simulated", "layers": "mlp"}},
    {"quantization": {"scheme": "float8_simulated", "layers": "attention"}},
    {"quantization": {"scheme": "int8_weight_only", "aware": True, "aware_from": 0.25}},
    {"quantization": {"scheme": "int2_simulated", "aware": True, "aware_from": 0.7}},
]
