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
    {"neuron_pruning": {}},
    {"neuron_pruning": {"when": "gradual", "importance": "taylor", "multiple": 4}, "activation": {"kind": "swiglu"}},
    {"neuron_pruning": {"when": "retrain", "retraining_steps": 4, "amount": 0.75}, "quantization": {"aware": True}},
    {"neuron_pruning": {"importance": "taylor"}, "head_pruning": {"importance": "taylor"}, "frozen_layers": {}},
    {"neuron_pruning": {"when": "gradual", "multiple": 8}, "ema": {}, "gradient_checkpointing": {}},
    {"head_pruning": {}},
    {"head_pruning": {"when": "gradual", "importance": "taylor"}, "grouped_query_attention": {"kv_heads": 1}},
    {"head_pruning": {"when": "retrain", "retraining_steps": 4}},
    {"layer_pruning": {}},
    {"layer_pruning": {"when": "gradual", "which": "first"}},
    {"layer_pruning": {"when": "retrain", "retraining_steps": 7}},
    {
        "pruning": {"when": "gradual"},
        "neuron_pruning": {"when": "gradual"},
        "head_pruning": {"when": "retrain", "retraining_steps": 5},
        "layer_pruning": {"which": "last"},
        "quantization": {"scheme": "int2_simulated", "aware": True},
    },
    {"quantization": {"scheme": "int4_simulated", "layers": "mlp"}},
    {"quantization": {"scheme": "float8_simulated", "layers": "attention"}},
    {"quantization": {"scheme": "int8_weight_only", "aware": True, "aware_from": 0.25}},
    {"quantization": {"scheme": "int2_simulated", "aware": True, "aware_from": 0.7}},
]
