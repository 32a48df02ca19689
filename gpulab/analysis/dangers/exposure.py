"""Memorization: secrets that were planted in the training text stand out from secrets that never were."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gpulab.analysis.dangers.danger import Danger, Detector, Severity
from gpulab.analysis.dangers.evidence import Evidence, Finding
from gpulab.analysis.dangers.reading import switch_on

_BY_CHANCE = 0.001


def _look(evidence: Evidence) -> Danger | None:
    raised = [one for one in evidence.found("exposure") if _by_chance(_exposures(one)) < _BY_CHANCE]
    if not raised:
        return None
    found = max(raised, key=lambda one: (one.values.get("first") or 0.0, one.values.get("exposure") or 0.0))
    count, first = len(_exposures(found)), int(found.values.get("first") or 0.0)
    severity: Severity = "danger" if 2 * first >= count else "warning"
    figures = {
        "bits": round(found.values.get("exposure") or 0.0, 1),
        "most": round(found.values.get("most") or 0.0, 1),
        "count": count,
        "first": first,
        "times": evidence.setting("techniques.canaries.repeats") or 1,
        "step": found.step,
    }
    return Danger("secrets_exposed", severity, raised[0].step, figures, "", switch_on(evidence, "deduplication"))


def _exposures(finding: Finding) -> list[float]:
    """Bits of each planted secret that was asked for."""
    found = (figures.get("exposure") for figures in finding.parts.values())
    return [bits for bits in found if bits is not None]


def _by_chance(exposures: Sequence[float]) -> float:
    """How likely as many secrets that were never planted are to reach the sum of `exposures`, at most.

    Digits that the model never saw have a rank that is as likely to be any other. So ln 2 times an exposure is at most
    an exponential variable of mean 1, and the sum of k of them at most a gamma variable of shape k.
    """
    total = math.log(2.0) * sum(exposures)
    term = whole = 1.0 if exposures else 0.0
    for place in range(1, len(exposures)):
        term *= total / place
        whole += term
    return math.exp(-total) * whole if exposures else 1.0


EXPOSURE = Detector(
    name="exposure",
    label="Secrets learned by heart",
    measured="Where secrets were planted: the exposure of each, in bits. That is how far the model finds its digits "
    "likelier than digits drawn at random, which were never planted; their ranks are estimated among those drawn.",
    threshold="Secrets that were never planted reach as many bits in fewer than one of 1,000 runs. Grave where the "
    "model finds at least half of them likelier than everything that was drawn.",
    why="The rank of digits that were never seen is pure chance, so what chance can reach follows exactly. Whoever "
    "tries the likeliest digits first finds a secret of rank 1 at once.",
    source="Carlini et al.: The Secret Sharer (2019), arXiv:1802.08232: exposure is log2 |R| - log2 rank",
    look=_look,
)
