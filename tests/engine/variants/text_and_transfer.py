"""What is done to the text before training, and starting from an earlier run."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tests.engine.earlier import untrained_run

_HERE = tempfile.TemporaryDirectory(prefix="gpulab-earlier-")  # goes when the tests end
EARLIER = str(untrained_run(Path(_HERE.name)))

VARIANTS: list[dict[str, dict[str, Any]]] = [
    {"unicode_normalization": {}},
    {"lower_casing": {}},
    {"header_stripping": {}},
    {"deduplication": {"minimum_length": 1}},
    {"transfer": {"start_from": EARLIER}},
    {"frozen_layers": {}},
    {"transfer": {"start_from": EARLIER}, "frozen_layers": {"blocks": 2}},
]

REFERENCES: list[dict[str, dict[str, Any]]] = [
    {"frozen_layers": {"embeddings": False, "blocks": 0}},
]
