"""Does the model write, or does it recite? How much of what it wrote stands word for word in the training text."""

from __future__ import annotations

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.text.shingles import met


def _examine(subject: Subject) -> Found | None:
    """Counts of the passages of 24 characters that were looked up, and of those that stand in the training text.

    `usual_share` is the share of such passages in held-out text, which nobody copied. None where too
    little was written.
    """
    overlap = subject.text.facts.overlap
    _, is_met = met(subject.written, subject.text.marks, overlap.words)
    if not len(is_met):
        return None
    return Found({"passages": float(len(is_met)), "copied": float(is_met.sum()), "usual_share": overlap.shared_share})


COPYING = Examination("copying", "copies of the training text", "written", _examine)
