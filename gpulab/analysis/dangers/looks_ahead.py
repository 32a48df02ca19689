"""Broken causality: a guess that moves with tokens which come after it was made with the answer in sight."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence

_MOVED = 1e-3


def _look(evidence: Evidence) -> Danger | None:
    found = [*evidence.found("causality"), *evidence.found("causality", "compressed")]
    severities: tuple[tuple[str, Severity], ...] = (("evaluation", "danger"), ("training", "warning"))
    for mode, severity in severities:
        leaks = [one for one in found if (one.values.get(mode) or 0.0) > _MOVED]
        if leaks:
            worst = max(one.values[mode] or 0.0 for one in leaks)
            figures = {"percent": float(f"{100.0 * worst:.2g}")}
            return Danger(f"looks_ahead_{mode}", severity, leaks[0].step, figures, "", _tries(evidence))
    return None


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    if evidence.setting("techniques.normalization.kind") != "batchnorm":
        return ()
    return (Try("try_layernorm", {"techniques.normalization.kind": "layernorm"}),)


LOOKS_AHEAD = Detector(
    name="looks_ahead",
    label="Looks ahead",
    measured="The second half of two windows is exchanged: how far the guesses of the first half move then, as a share "
    "of how far those of the second half do. In evaluation mode, and as the model is while it trains.",
    threshold="A thousandth.",
    why="In a causal model it is exactly zero; what rounding may do is far below a thousandth. BatchNorm moves early "
    "guesses by a tenth and more while it trains.",
    source="Karpathy: A Recipe for Training Neural Networks (2019), using dependencies to check that a model sees only "
    "what came before; Ioffe, Szegedy: Batch Normalization (2015), arXiv:1502.03167 (statistics of the whole batch)",
    look=_look,
)
