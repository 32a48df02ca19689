"""Starvation: steps wait for their text, and the device has nothing to compute meanwhile."""

from __future__ import annotations

from statistics import fmean

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence

_SHARE, _LEAST, _WARM_UP = 0.3, 5, 0.2
_EDITS = ("token_replacement", "token_dropout")


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("data_share").known
    known = known[int(_WARM_UP * len(known)) :]
    if len(known) < _LEAST or (share := fmean(value for _, value in known)) < _SHARE:
        return None
    figures = {"percent": round(100.0 * share), "times": round(1.0 / max(1.0 - share, 0.01), 1)}
    return Danger("starved", "warning", known[0][0], figures, "data_share", _tries(evidence))


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    if evidence.setting("techniques.data_transfer.text") is not None:
        return (Try("try_text_on_device", {"techniques.data_transfer": False}),)
    on = [name for name in _EDITS if evidence.setting(f"techniques.{name}") is not None]
    return tuple(Try(f"try_no_{name}", {f"techniques.{name}": False}) for name in on)


STARVATION = Detector(
    name="starvation",
    label="Starved of text",
    measured="The share of the training's seconds in which steps wait until their batch is drawn, changed and sent to "
    "the device; the mean of the readings after the first fifth.",
    threshold="30 % of at least 5 readings.",
    why="Runs of preset nano wait for less than 1 %, with changed batches for 2 %. What waits for 30 % would be 1.4 "
    "times as fast if its batches came by themselves. The limit is our own.",
    source="PyTorch: Performance Tuning Guide, https://docs.pytorch.org/tutorials/recipes/recipes/tuning_guide.html "
    "(synchronous loading makes the training wait)",
    look=_look,
)
