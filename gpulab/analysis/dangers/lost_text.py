"""Lost text: what cleaning took away from the text and nobody can bring back."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence

_LOST, _LOST_GRAVE, _TAKEN = 0.001, 0.10, 0.25
_CHANGES_ALL = ("lower_casing", "unicode_normalization")


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("data")
    if not found:
        return None
    lost, taken = (found[0].values.get(key) or 0.0 for key in ("lost_share", "taken_share"))
    if lost >= _LOST:
        severity: Severity = "danger" if lost >= _LOST_GRAVE else "warning"
        on = [name for name in _CHANGES_ALL if evidence.setting(f"techniques.{name}") is not None]
        tries = tuple(Try(f"try_no_{name}", {f"techniques.{name}": False}) for name in on)
        return Danger("text_lost", severity, found[0].step, {"percent": float(f"{100.0 * lost:.2g}")}, "", tries)
    if taken >= _TAKEN:
        return Danger("text_taken", "warning", found[0].step, {"percent": float(f"{100.0 * taken:.3g}")})
    return None


LOST_TEXT = Detector(
    name="lost_text",
    label="Text that cleaning destroyed",
    measured="The share of the held-out text's characters that cleaning replaced or dropped, counted line by line, and "
    "the share of the training text's bytes that it took out.",
    threshold="One character in a thousand of the held-out text, one in ten is grave; a quarter of the training text.",
    why="The model can never write what it never saw, and a figure measured on easier text compares with no other. "
    "Taking lines out of the training text alone leaves the test as it was, so more of it is allowed. The limits are "
    "GPU Lab's own.",
    source="Uysal, Gunal: The impact of preprocessing on text classification (2014), for what preprocessing can cost",
    look=_look,
)
