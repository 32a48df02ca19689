"""Other architectures in the GPT's place, alone and beside what they bear."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"architecture": {"kind": "lstm"}},
    {"architecture": {"kind": "cnn"}},
    {
        "architecture": {"kind": "lstm"},
        "precision": {"mode": "bf16"},
        "dropout": {"rate": 0.2},
        "pruning": {"when": "gradual"},
        "ema": {},
    },
    {"architecture": {"kind": "lstm"}, "precision": {"mode": "bf16_pure"}, "gradient_checkpointing": {}},
    {"architecture": {"kind": "lstm"}, "precision": {"mode": "fp16"}, "normalization": {"placement": "post"}},
    {
        "architecture": {"kind": "cnn"},
        "normalization": {"kind": "batchnorm"},
        "weight_tying": {"head": "untied"},
        "token_dropout": {},
        "stochastic_depth": {"rate": 0.3},
        "quantization": {"scheme": "int8_dynamic", "aware": True},
        "pruning": {"pattern": "2:4"},
    },
    {"architecture": {"kind": "cnn"}, "precision": {"mode": "fp16"}, "layer_sharing": {}, "gradient_checkpointing": {}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [{"architecture": {"kind": "gpt"}}]
