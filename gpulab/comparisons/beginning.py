"""The document that a comparison's record begins with, whoever writes it."""

from __future__ import annotations

import os

import psutil

from gpulab import __version__
from gpulab.events.codec import FORMAT
from gpulab.events.documents import ComparisonStarted
from gpulab.spec.comparison import Comparison


def beginning(comparison: Comparison) -> ComparisonStarted:
    """This process takes `comparison` up now."""
    me = psutil.Process(os.getpid())
    return ComparisonStarted(
        format=FORMAT,
        name=comparison.name,
        versions={"gpulab": __version__},
        pid=me.pid,
        pid_started=me.create_time(),
    )
