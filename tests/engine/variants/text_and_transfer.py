"""What is done to the text before training."""

from __future__ import annotations

from typing import Any

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"unicode_normalization": {}},
    {"lower_casing": {}},
    {"header_stripping": {}},
    {"deduplication": {"minimum_length": 1}},
]
