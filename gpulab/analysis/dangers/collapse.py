"""Layers that pruning empties, and the cliff before: the smallest weights go first, of some layers all of them."""

from __future__ import annotations

from typing import Any

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence, Finding
from gpulab.analysis.dangers.reading import place

_LEFT, _SAYS, _CLOSE, _UNEVEN, _SAFE = 0.02, 0.001, 0.9, 0.5, 0.75
_PRUNING = "techniques.pruning"


def _look(evidence: Evidence) -> Danger | None:
    found = [*evidence.found("zeros")[-1:], *evidence.found("zeros", "compressed")[-1:]]
    for one in found[::-1]:
        if one.parts and (danger := _of(one, evidence)) is not None:
            return danger
    return None


def _of(finding: Finding, evidence: Evidence) -> Danger | None:
    weakest = min(finding.parts, key=lambda part: _figure(finding, part, "left"))
    silent = min(finding.parts, key=lambda part: _figure(finding, part, "says"))
    zeros, empty = finding.values.get("zeros") or 0.0, finding.values.get("empty_from") or 0.0
    tries = _tries(evidence, empty)
    if _figure(finding, weakest, "left") <= _LEFT:
        return Danger("layer_collapsed", "danger", finding.step, _figures(finding, weakest), "", tries)
    if _figure(finding, silent, "says") <= _SAYS:
        return Danger("layer_collapsed", "danger", finding.step, _figures(finding, silent), "", tries)
    if empty and zeros >= _CLOSE * empty and _figure(finding, weakest, "left") <= _UNEVEN * (1.0 - zeros):
        shares = {"zeros": round(100.0 * zeros), "empty": round(100.0 * empty)}
        return Danger("near_collapse", "warning", finding.step, _figures(finding, weakest) | shares, "", tries)
    return None


def _figure(finding: Finding, part: str, key: str) -> float:
    value = finding.parts[part].get(key)
    return 1.0 if value is None else value


def _figures(finding: Finding, part: str) -> dict[str, Any]:
    return {**place(part), "left": float(f"{100.0 * _figure(finding, part, 'left'):.2g}")}


def _tries(evidence: Evidence, empty: float) -> tuple[Try, ...]:
    settings = evidence.setting(_PRUNING)
    if settings is None or settings.get("pattern") != "unstructured":
        return ()
    amount, tries = round(_SAFE * empty, 2) if empty else 0.5, []
    if amount < settings.get("amount", 0.0):
        tries.append(Try("try_pruning_less", {f"{_PRUNING}.amount": amount}, {"percent": round(100.0 * amount)}))
    if settings.get("when") != "gradual":
        tries.append(Try("try_pruning_slowly", {f"{_PRUNING}.when": "gradual"}))
    return tuple(tries)


COLLAPSE = Detector(
    name="collapse",
    label="Emptied layer",
    measured="Of each part of each layer: the share of weights that pruning left in its emptiest matrix, and how far "
    "what it adds still differs between positions, beside what it is given. Of the trained model: the share of zeros, "
    "the smallest weights first, from which on one matrix has next to none left.",
    threshold="2 % of the weights left, or a thousandth of difference: a danger. Nine tenths of the way to where the "
    "first matrix is empty, with less than half as much left in it as in all: a warning.",
    why="Small weights are not spread evenly: of nano, the first matrix is empty when 84 % of all are zero. 80 % of "
    "zeros cost it 9 % in loss, 90 % cost 34 %. The limits are our own.",
    source="Tanaka et al.: Pruning neural networks without any data by iteratively conserving synaptic flow (2020), "
    "arXiv:2006.05467 (layer-collapse)",
    look=_look,
)
