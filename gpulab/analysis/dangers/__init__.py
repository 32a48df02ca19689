"""The hidden dangers, one file each: pure rules over what a run recorded. `DETECTORS` lists them in order of weight."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence, Happening, Points

__all__ = ["DETECTORS", "Danger", "Detector", "Evidence", "Happening", "Points", "Try"]

DETECTORS: tuple[Detector, ...] = ()
