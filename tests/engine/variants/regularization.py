"""Regularization: penalties, clipping, averages and an early end."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"label_smoothing": {"amount": 0.2}},
    {"z_loss": {"coefficient": 0.01}},
    {"label_smoothing": {}, "z_loss": {}},
    {"weight_decay": {"amount": 0.5}},
    {"gradient_clipping": {"limit": 0.1}},
    {"gradient_clipping": {"limit": 0.1}, "precision": {"mode": "fp16"}},
    {"ema": {}},
    {"ema": {}, "normalization": {"kind": "batchnorm"}},
    {"early_stopping": {}},
    {"early_stopping": {"tolerance": 1.0, "patience": 3}, "ema": {}, "normalization": {"kind": "batchnorm"}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"label_smoothing": {"amount": 0.0}},
    {"z_loss": {"coefficient": 0.0}},
    {"weight_decay": {"amount": 0.0}},
    {"gradient_clipping": {"limit": 1e6}},
    {"ema": {}},
]
