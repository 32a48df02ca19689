"""What a danger is: which number shows it, since when, how much it matters, what to try; and who looks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from gpulab.analysis.dangers.evidence import Evidence

Severity = Literal["info", "warning", "danger"]


class Try(msgspec.Struct, frozen=True):
    """A change of settings that may help, by their paths; `key` has its sentence in `gpulab.words`."""

    key: str
    changes: Mapping[str, Any]
    arguments: Mapping[str, Any] = {}


class Danger(msgspec.Struct, frozen=True):
    """What a detector raised: `key` has its sentence in `gpulab.words`, `arguments` are the numbers in it.

    `step` is where it was first seen (0 before any step), `series` the chart that shows it, empty for none.
    """

    key: str
    severity: Severity
    step: int
    arguments: Mapping[str, Any]
    series: str = ""
    tries: tuple[Try, ...] = ()


class Detector(msgspec.Struct, frozen=True):
    """One danger's rule. `measured`, `threshold` and `why` are sentences for whoever wants to know; `source` is where
    the rule comes from. `look` is pure, and says the same again while nothing has changed."""

    name: str
    label: str
    measured: str
    threshold: str
    why: str
    source: str
    look: Callable[[Evidence], Danger | None]
