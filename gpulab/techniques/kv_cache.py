"""Writing with a cache (C3): what attention worked out for earlier tokens is kept, so that a token costs one position.

It changes how the model writes and nothing about how it learns. Without it the whole context is read for every new
token, as the reference does. The result measures both in turn.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique


class KvCacheSettings(Settings, frozen=True):
    storage: Annotated[
        Literal["full", "int8"],
        about(
            "Stored numbers",
            "Keys and values as they are, or in 8 bits with a scale for each head and position: about a quarter of the "
            "bytes of 32-bit numbers, a little rounding, and some work for each token to unpack them. When the context "
            "is full, the cache begins again with its last half.",
            labels={"full": "As they are", "int8": "In 8 bits"},
        ),
    ] = "full"


class KvCache(Technique):
    name = "kv_cache"
    card = "C3"
    label = "KV cache"
    summary = "Keeps the keys and values of earlier tokens while the model writes; without it all are read every time."
    promise = "Faster writing, the more so the longer the context: each new token costs one position instead of all."
    risk = (
        "Memory that grows with the context, the layers and the readers. The text is the same only up to the context's "
        "end: positions are numbered from its beginning and cannot slide, so the cache then begins again with the "
        "last half, and the model sees less for a while. Very small models gain nothing."
    )
    sources = (
        "Pope et al.: Efficiently Scaling Transformer Inference (2022), arXiv:2211.05102",
        "Liu et al.: KIVI (2024), arXiv:2402.02750 (keys and values in few bits)",
    )
    Settings = KvCacheSettings

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, kv_cache=self.settings.storage)
