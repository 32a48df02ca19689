"""One document above all: a text of several documents of which one is nearly all that the model reads."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector
from gpulab.analysis.dangers.evidence import Evidence

_SEVERAL, _EFFECTIVE = 3, 2.0


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("data")
    if not found:
        return None
    documents, effective = (found[0].values.get(key) or 0.0 for key in ("documents", "effective_documents"))
    if documents < _SEVERAL or effective >= _EFFECTIVE:
        return None
    title, share = max(
        ((title, figures.get("share") or 0.0) for title, figures in found[0].parts.items()), key=lambda part: part[1]
    )
    figures = {
        "title": title,
        "percent": round(100.0 * share, 1),
        "documents": int(documents),
        "effective": round(effective, 1),
    }
    return Danger("one_document", "warning", found[0].step, figures)


ONE_DOCUMENT = Detector(
    name="one_document",
    label="One document above all",
    measured="Of the training text's documents: the share of the largest, and how many documents of equal length would "
    "be as even, which is 1 divided by the sum of their squared shares.",
    threshold="At least three documents that count for fewer than two.",
    why="Below two, one document outweighs all others together about twice. The model then speaks as that one does, "
    "and what the others say is noise to it. The limit is GPU Lab's own.",
    source="Hill: Diversity and Evenness (1973), Ecology 54: the effective number of kinds, of order 2",
    look=_look,
)
