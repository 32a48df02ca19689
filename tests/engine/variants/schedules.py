"""Every shape of the learning rate beyond the first four."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"schedule": {"shape": "one_cycle"}},
    {"schedule": {"shape": "step"}},
    {"schedule": {"shape": "exponential"}},
    {"schedule": {"shape": "restarts", "pieces": 2, "growth": 2}},
]
