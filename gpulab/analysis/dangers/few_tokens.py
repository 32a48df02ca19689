"""Few tokens: the same text is read again and again, and each time there is less in it to learn."""

from __future__ import annotations

import math

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence

_AS_GOOD_AS_NEW, _WORN = 4.0, 16.0


def _look(evidence: Evidence) -> Danger | None:
    parts = [
        evidence.setting(path) for path in ("training.batch_size", "training.accumulation", "model.context_length")
    ]
    if evidence.training_tokens <= 0 or not all(isinstance(part, int) for part in parts):
        return None
    tokens_per_step = math.prod(parts)
    epochs = evidence.step * tokens_per_step / evidence.training_tokens
    if epochs <= _AS_GOOD_AS_NEW:
        return None
    fitting = math.floor(_AS_GOOD_AS_NEW * evidence.training_tokens / tokens_per_step)
    severity: Severity = "warning" if epochs > _WORN else "info"
    figures = {"epochs": round(epochs, 1), "tokens": evidence.training_tokens, "step": fitting + 1}
    fewer = (Try("try_fewer_steps", {"training.steps": fitting}, {"steps": fitting}),) if fitting >= 1 else ()
    return Danger("few_tokens", severity, fitting + 1, figures, "train_loss", fewer)


FEW_TOKENS = Detector(
    name="few_tokens",
    label="Too little text",
    measured="How many times as many tokens were trained on as the training text has.",
    threshold="4 times; 16 times is a warning.",
    why="Up to 4 readings teach almost as much as new text would; beyond about 16 there is little left to gain.",
    source="Muennighoff et al.: Scaling Data-Constrained Language Models (2023), arXiv:2305.16264",
    look=_look,
)
