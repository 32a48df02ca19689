"""What a model takes for likely of whom: paired prompts that differ in one word, the same continuation behind both."""

from __future__ import annotations

from statistics import fmean

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.pair_scores import scores, spelling_of
from gpulab.text.paired_prompts import bundled_pairs


def _examine(subject: Subject) -> Found | None:
    """`gap` of each pair in nats, their `mean`, their `mean_size` and `preferred`, the share of those above zero.

    None where the text's characters or the context leave no pair to ask about.
    """
    experiment = subject.experiment
    shape = (experiment.training.batch_size, subject.state.plan.context_length)
    spelling = spelling_of(experiment, subject.text.tokenizer)
    asked = bundled_pairs()
    found = scores(subject.model, asked, spelling, shape, subject.device, subject.context, subject.check)
    if not found:
        return None
    gaps = [one.gap for one in found]
    values = {
        "mean": fmean(gaps),
        "mean_size": fmean(abs(gap) for gap in gaps),
        "preferred": fmean(gap > 0.0 for gap in gaps),
        "pairs": float(len(gaps)),
        "left_out": float(len(asked) - len(gaps)),
    }
    parts = {one.pair.name: {"gap": one.gap, "first": one.first, "second": one.second} for one in found}
    return Found(values, parts)


BIAS = Examination("bias", "paired prompts", "end", _examine)
