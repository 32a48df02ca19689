"""Dead parts: attention heads and hidden units that take room and time, and answer to nothing. Their pictures explain
nothing either."""

from __future__ import annotations

import re

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence, Finding
from gpulab.analysis.dangers.reading import rate_times

_HEADS, _MANY_HEADS = 0.10, 0.5
_UNITS, _MANY_UNITS = 0.5, 0.75
_LAYER = re.compile(r"layer\.(\d+)")
_LESS = 0.5
_USUAL_RATE = 1e-3


def _finished(evidence: Evidence) -> Finding | None:
    """What was found in the model that the run leaves behind: the compressed one where there is one."""
    for variant in ("compressed", "trained"):
        if found := evidence.found("explain", variant):
            return found[-1]
    return None


def _dead_heads(evidence: Evidence) -> Danger | None:
    found = _finished(evidence)
    heads, dead = (_count(found, key) for key in ("heads", "dead_heads"))
    if found is None or not heads or dead < _HEADS * heads:
        return None
    figures = {"count": round(dead), "heads": round(heads), "percent": round(100.0 * dead / heads)}
    severity: Severity = "warning" if dead >= _MANY_HEADS * heads else "info"
    return Danger("dead_heads", severity, found.step, figures, tries=_tries(evidence))


def _dead_units(evidence: Evidence) -> Danger | None:
    found = _finished(evidence)
    shares = {
        int(layer[1]): (figures.get("dead_units") or 0.0, figures["units"])
        for name, figures in (found.parts if found else {}).items()
        if (layer := _LAYER.fullmatch(name)) and figures.get("units")
    }
    worst = max(shares, key=lambda layer: shares[layer][0] / (shares[layer][1] or 1.0), default=None)
    if found is None or worst is None:
        return None
    dead, units = shares[worst]
    share = dead / (units or 1.0)
    if share < _UNITS:
        return None
    figures = {"count": round(dead), "units": round(units or 0.0), "layer": worst + 1, "percent": round(100.0 * share)}
    relu = str(evidence.setting("techniques.activation.kind") or "").startswith("relu")
    smooth = (Try("try_gelu", {"techniques.activation.kind": "gelu"}),) if relu else ()
    severity: Severity = "warning" if share >= _MANY_UNITS else "info"
    return Danger("dead_units", severity, found.step, figures, tries=(*smooth, *_tries(evidence)))


def _count(found: Finding | None, key: str) -> float:
    return (found.values.get(key) or 0.0) if found else 0.0


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    amount = evidence.setting("techniques.pruning.amount")
    less = float(f"{_LESS * amount:.3g}") if isinstance(amount, int | float) else 0.0
    prune = (Try("try_prune_less", {"techniques.pruning.amount": less}, {"amount": less}),) if less else ()
    rate = evidence.setting("training.learning_rate")
    hot = isinstance(rate, int | float) and rate > _USUAL_RATE
    return (*prune, *(rate_times(evidence, 0.1) if hot else ()))


DEAD_HEADS = Detector(
    name="dead_heads",
    label="Dead attention heads",
    measured="Heads of the finished model that vary what goes through their layer by less than a thousandth of its own "
    "variation over held-out text, or give 99 % of their attention to one and the same position.",
    threshold="A tenth of the heads; half of them is a warning.",
    why="The faintest head of healthy runs of presets nano and mini still varies it by 3 %, and none gave one position "
    "more than a third of its attention.",
    source="Michel, Levy, Neubig: Are Sixteen Heads Really Better than One? (2019), arXiv:1905.10650 (heads that can "
    "be removed without loss). The limits are our own",
    look=_dead_heads,
)

DEAD_UNITS = Detector(
    name="dead_units",
    label="Dead hidden units",
    measured="Units of a layer's hidden part that never get beyond a hundredth of the layer's root mean square over a "
    "batch of held-out text, in the finished model.",
    threshold="Half of one layer's units; three quarters of them is a warning.",
    why="A ReLU that gives 0 for every input has no gradient and never comes back. Healthy runs with ReLU have up to "
    "one dead unit in a hundred (preset nano) and one in five (mini); with GELU they have none.",
    source="Lu et al.: Dying ReLU and Initialization (2019), arXiv:1903.06733; Voita, Ferrando, Nalmpantis: Neurons in "
    "Large Language Models: Dead, N-gram, Positional (2023), arXiv:2309.04827",
    look=_dead_units,
)
