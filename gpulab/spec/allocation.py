"""The words in which PyTorch's GPU allocator takes its settings: an environment variable, read when torch is imported.

It stands here because two sides need it that know nothing of each other: who starts the worker, and the technique.
"""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "PYTORCH_ALLOC_CONF"
TABLE = "allocator"
"""The name of the technique, and of its table in an experiment's file."""


def allocator_words(settings: Mapping[str, object]) -> str:
    """What `VARIABLE` must hold for `settings` (the technique's, as plain values); empty where all are off."""
    words = []
    if settings.get("expandable_segments", True) is True:
        words.append("expandable_segments:True")
    largest = settings.get("max_split_size_mb", 0)
    if isinstance(largest, int) and largest > 0:
        words.append(f"max_split_size_mb:{largest}")
    threshold = settings.get("garbage_collection_threshold", 0.0)
    if isinstance(threshold, int | float) and threshold > 0:
        words.append(f"garbage_collection_threshold:{float(threshold)}")
    return ",".join(words)
