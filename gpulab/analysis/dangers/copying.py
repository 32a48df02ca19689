"""Reciting: what the model writes stands word for word in the text that it learned from."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity
from gpulab.analysis.dangers.evidence import Evidence
from gpulab.analysis.dangers.reading import switch_on

_SHARE, _GRAVE, _TIMES = 0.25, 0.50, 5.0
_NEWEST, _LEAST = 3, 8


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("copying")[-_NEWEST:]
    passages, copied = (int(sum(one.values.get(key) or 0.0 for one in found)) for key in ("passages", "copied"))
    if passages < _LEAST:
        return None
    share, usual = copied / passages, found[-1].values.get("usual_share") or 0.0
    if share < max(_SHARE, _TIMES * usual):
        return None
    severity: Severity = "danger" if share >= _GRAVE else "warning"
    figures = {
        "percent": round(100.0 * share),
        "passages": passages,
        "usual": float(f"{100.0 * usual:.2g}"),
        "step": found[-1].step,
    }
    tries = (*switch_on(evidence, "early_stopping"), *switch_on(evidence, "dropout"))
    return Danger("text_copied", severity, found[-1].step, figures, "", tries)


COPYING = Detector(
    name="copying",
    label="Text recited by heart",
    measured="Of the last three texts that the model wrote: the share of its passages of 24 characters that stand in "
    "the training text, looked up for one passage in eight. Beside it, the same share of held-out text.",
    threshold="A quarter, and 5 times what held-out text shares; half of it is grave. At least 8 passages.",
    why="Passages that long hardly meet by chance: of the bundled texts' held-out parts less than half a percent stand "
    "in training. How much is too much depends on whose text it is; the limits are GPU Lab's own.",
    source="Merrill et al.: Evaluating n-Gram Novelty of Language Models (2024), arXiv:2406.13069: written text beside "
    "held-out text",
    look=_look,
)
