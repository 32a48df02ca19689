"""What the run's text itself brings along: copies across the cut, what edits destroyed, one document above all."""

from __future__ import annotations

from gpulab.engine.examinations.examination import Examination, Found, Subject


def _examine(subject: Subject) -> Found:
    """Figures that preparing the text has found; the one part is its largest document."""
    facts = subject.text.facts
    values = {
        "near_copies": float(facts.overlap.near_copies),
        "windows": float(facts.overlap.windows),
        "shared_share": facts.overlap.shared_share,
        "lost_share": facts.lost_share,
        "taken_share": facts.taken_share,
        "documents": float(facts.balance.documents),
        "effective_documents": facts.balance.effective,
    }
    return Found(values, {facts.balance.largest: {"share": facts.balance.largest_share}})


DATA = Examination("data", "the text's own dangers", "begin", _examine)
