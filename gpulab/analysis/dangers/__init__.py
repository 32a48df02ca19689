"""The hidden dangers, one file each: pure rules over what a run recorded. `DETECTORS` lists them in order of weight."""

from __future__ import annotations

from gpulab.analysis.dangers.asleep import ASLEEP
from gpulab.analysis.dangers.collapse import COLLAPSE
from gpulab.analysis.dangers.copying import COPYING
from gpulab.analysis.dangers.cut_short import CUT_SHORT
from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.dead_parts import DEAD_HEADS, DEAD_UNITS
from gpulab.analysis.dangers.divergence import DIVERGENCE
from gpulab.analysis.dangers.evidence import Evidence, Finding, Happening, Points
from gpulab.analysis.dangers.exchange import EXCHANGE
from gpulab.analysis.dangers.exposure import EXPOSURE
from gpulab.analysis.dangers.few_tokens import FEW_TOKENS
from gpulab.analysis.dangers.fragmentation import FRAGMENTATION
from gpulab.analysis.dangers.gpu_for_nothing import GPU_FOR_NOTHING
from gpulab.analysis.dangers.hot_start import HOT_START
from gpulab.analysis.dangers.leaked_text import LEAKED_TEXT
from gpulab.analysis.dangers.looks_ahead import LOOKS_AHEAD
from gpulab.analysis.dangers.looks_busy import LOOKS_BUSY
from gpulab.analysis.dangers.lost_text import LOST_TEXT
from gpulab.analysis.dangers.memory_growth import MEMORY_GROWTH
from gpulab.analysis.dangers.one_document import ONE_DOCUMENT
from gpulab.analysis.dangers.overfitting import OVERFITTING
from gpulab.analysis.dangers.recompiling import RECOMPILING
from gpulab.analysis.dangers.rounded_away import ROUNDED_AWAY
from gpulab.analysis.dangers.shared import SHARED
from gpulab.analysis.dangers.short_numbers import SHORT_NUMBERS
from gpulab.analysis.dangers.spikes import SPIKES
from gpulab.analysis.dangers.stalls import STALLS
from gpulab.analysis.dangers.starvation import STARVATION
from gpulab.analysis.dangers.throttled import THROTTLED
from gpulab.analysis.dangers.underfitting import UNDERFITTING

__all__ = ["DETECTORS", "Danger", "Detector", "Evidence", "Finding", "Happening", "Points", "Try"]

DETECTORS: tuple[Detector, ...] = (
    DIVERGENCE,
    LOOKS_AHEAD,
    SHORT_NUMBERS,
    ROUNDED_AWAY,
    COLLAPSE,
    OVERFITTING,
    UNDERFITTING,
    SPIKES,
    HOT_START,
    CUT_SHORT,
    ASLEEP,
    FEW_TOKENS,
    EXPOSURE,
    COPYING,
    LEAKED_TEXT,
    LOST_TEXT,
    ONE_DOCUMENT,
    DEAD_HEADS,
    DEAD_UNITS,
    MEMORY_GROWTH,
    FRAGMENTATION,
    THROTTLED,
    SHARED,
    STALLS,
    STARVATION,
    RECOMPILING,
    EXCHANGE,
    GPU_FOR_NOTHING,
    LOOKS_BUSY,
)
