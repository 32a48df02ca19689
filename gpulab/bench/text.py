"""How long a person waits for the text: the first time, and every time after it."""

from __future__ import annotations

import os
import tempfile
import time

from gpulab.analysis.intervals import median
from gpulab.bench.rows import Row, measured
from gpulab.bench.turns import in_turn
from gpulab.spec.experiment import Data
from gpulab.text import cache
from gpulab.text.prepared import prepare


def run(quick: bool) -> list[Row]:
    """Prepares Shakespeare with an empty cache and with a filled one, in turn."""
    with tempfile.TemporaryDirectory() as own:
        os.environ["XDG_CACHE_HOME"] = own  # the person's own cache stays as it is
        _prepare()
        fresh, cached = in_turn(_fresh, _prepare, 3 if quick else 9)
    how = "Shakespeare's works, characters, cut 80/10/10; median of {} times"
    return [
        measured("text prepared for the first time", median(fresh), "s", how.format(len(fresh))),
        measured("text from the cache", median(cached), "s", how.format(len(cached))),
    ]


def _fresh() -> float:
    for path in cache.folder().iterdir():
        path.unlink()
    return _prepare()


def _prepare() -> float:
    data = Data()
    began = time.perf_counter()
    prepare(data.corpus, data.path, data.tokenizer, data.validation_share, data.test_share)
    return time.perf_counter() - began
