"""What changes the model's shape, what it forgets by chance, and what it computes twice."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"normalization": {"kind": "layernorm", "placement": "post"}},
    {"normalization": {"kind": "batchnorm", "placement": "post"}, "gradient_checkpointing": {}},
    {"activation": {"kind": "relu_squared"}},
    {"activation": {"kind": "swiglu"}, "precision": {"mode": "bf16"}},
    {"activation": {"kind": "geglu"}, "pruning": {"amount": 0.5, "when": "gradual"}},
    {"attention": {"kernel": "naive"}},
    {"attention": {"kernel": "naive"}, "dropout": {"rate": 0.2}, "precision": {"mode": "bf16"}},
    {"weight_tying": {"head": "untied"}},
    {"weight_tying": {"head": "untied"}, "quantization": {"scheme": "int8_weight_only"}},
    {"layer_sharing": {"group": 2}},
    {"grouped_query_attention": {"kv_heads": 1}},
    {"grouped_query_attention": {"kv_heads": 1}, "attention": {"kernel": "naive"}},
    {"dropout": {"rate": 0.2}},
    {"stochastic_depth": {"rate": 0.4}},
    {"gradient_checkpointing": {"blocks": "every_second_block"}},
    {
        "normalization": {"kind": "rmsnorm", "placement": "post"},
        "activation": {},
        "weight_tying": {},
        "layer_sharing": {},
        "grouped_query_attention": {},
        "dropout": {},
        "stochastic_depth": {},
        "gradient_checkpointing": {},
    },
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"normalization": {"kind": "layernorm", "placement": "pre"}},
    {"activation": {"kind": "gelu"}},
    {"attention": {"kernel": "fused"}},
    {"weight_tying": {"head": "tied"}},
    {"layer_sharing": {"group": 1}},
    {"grouped_query_attention": {"kv_heads": 2}},
    {"dropout": {"rate": 0.0}},
    {"stochastic_depth": {"rate": 0.0}},
    {"gradient_checkpointing": {"blocks": "every_block"}},
    {"gradient_checkpointing": {"blocks": "every_second_block"}},
]
