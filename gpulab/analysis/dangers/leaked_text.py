"""Leaked text: held-out passages that stand in the training text too, but for a change here and there."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity
from gpulab.analysis.dangers.evidence import Evidence

_SHARE, _GRAVE, _LEAST = 0.01, 0.10, 2


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("data")
    if not found:
        return None
    copies, windows = (found[0].values.get(key) or 0.0 for key in ("near_copies", "windows"))
    share = copies / windows if windows else 0.0
    if copies < _LEAST or share < _SHARE:
        return None
    severity: Severity = "danger" if share >= _GRAVE else "warning"
    figures = {"copies": int(copies), "windows": int(windows), "percent": round(100.0 * share, 1)}
    return Danger("text_leaked", severity, found[0].step, figures)


LEAKED_TEXT = Detector(
    name="leaked_text",
    label="Held-out text that was trained on",
    measured="How many windows of 512 bytes of the held-out text are near copies of training text: at least 30 % of "
    "their passages of 24 characters stand there too. Exact copies of 64 bytes and more were taken out before.",
    threshold="One window in a hundred, and at least two; one in ten is grave.",
    why="Of the bundled texts one window in a thousand counts as a copy. Text learned by heart is no test: it makes a "
    "model look better than it is.",
    source="Broder: On the resemblance and containment of documents (1997): containment, from a sample of shingles",
    look=_look,
)
