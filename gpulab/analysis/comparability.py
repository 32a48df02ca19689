"""Which figures of two arms may be compared at all: what else differed between their runs decides.

Each reason is the key of a sentence in `gpulab.words`, with the families of metrics that it rules out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gpulab.analysis.metrics import Family, Metric
from gpulab.analysis.observations import Observation

_RULED_OUT: dict[str, frozenset[Family]] = {
    # another text is harder or easier to predict; how fast it is trained on, and how large the model is, stays true
    "arms_differ_in_corpus": frozenset(("quality",)),
    # nor are gigabytes on a GPU those of a process; what was learned, and what lies on disk, does not depend on it
    "arms_differ_in_device": frozenset(("speed", "memory", "energy", "money")),
    # who trains longer learns more and takes longer; a rate (tokens per second) stays true
    "arms_differ_in_tokens": frozenset(("quality", "energy", "money")),
    "arms_held_out_edited": frozenset(("quality",)),
    "arms_differ_in_tokenizer": frozenset(),
}

_SINGLE: dict[str, frozenset[str]] = {
    # it counts the whole training, so that its length matters
    "arms_differ_in_tokens": frozenset(("train_seconds",)),
    # a larger piece of text is harder to guess, takes as long, and says more
    "arms_differ_in_tokenizer": frozenset(
        ("test_accuracy", "test_perplexity", "tokens_per_s", "inference_tokens_per_s", "forward_tokens_per_s")
    ),
}
"""Metrics that a reason rules out, though not their whole family."""


def reasons(seen: Iterable[Observation]) -> tuple[str, ...]:
    """Why not everything about these finished runs of two arms may be compared, most telling first; empty if it may.

    What an observation does not tell (an empty corpus or device, no tokens) is held against nobody.
    """
    runs = list(seen)
    differing: tuple[tuple[str, Callable[[Observation], object]], ...] = (
        ("arms_differ_in_corpus", lambda one: one.corpus),
        ("arms_differ_in_device", lambda one: one.device),
        ("arms_differ_in_tokens", lambda one: one.tokens),
        ("arms_differ_in_tokenizer", lambda one: one.tokenizer),
    )
    found = [key for key, of in differing if len({of(one) for one in runs if of(one)}) > 1]
    if not all(one.comparable for one in runs):
        found.append("arms_held_out_edited")
    return tuple(found)


def may_compare(metric: Metric, because: Sequence[str]) -> bool:
    """Whether `metric` means the same in both arms in spite of these reasons."""
    return not any(metric.family in _RULED_OUT[key] or metric.key in _SINGLE.get(key, ()) for key in because)
