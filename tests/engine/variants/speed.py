"""Kernels, compilation and ways to the device; the compiler itself is tried once, in the slow tests."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"optimizer_kernel": {"kernel": "foreach"}},
    {"optimizer_kernel": {"kernel": "for_loop"}},
    {"data_transfer": {"text": "pageable"}},
    {"compilation": {"backend": "aot_eager"}},
    {"precision": {"mode": "bf16_pure"}},
    {"precision": {"mode": "float8_simulated"}},
    {"precision": {"mode": "float8_simulated"}, "compilation": {"backend": "aot_eager"}, "quantization": {}},
    {"compilation": {"backend": "aot_eager"}, "precision": {"mode": "bf16"}, "normalization": {"kind": "batchnorm"}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"optimizer_kernel": {"kernel": "fused"}},
    {"data_transfer": {"text": "device"}},
    {"data_transfer": {"text": "pageable"}},
]
