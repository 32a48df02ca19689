"""Does the model look ahead? Later tokens are exchanged, and no earlier guess may move.

In evaluation mode that finds a wrong mask. In training mode it also finds layers that mix positions while they learn,
as BatchNorm does; both passes then get the same chance, so that dropout and its like are equal in both.
"""

from __future__ import annotations

import torch

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.randomness import start_dropout_stream

_WINDOWS = 2


def _examine(subject: Subject) -> Found | None:
    """`evaluation` and `training`: how far earlier guesses moved, as a share of how far the exchanged ones did."""
    tokens = subject.held_out[0][:_WINDOWS]
    if not len(tokens) or tokens.shape[1] < 2:
        return None
    subject.model.eval()
    values = {"evaluation": _moved(subject, tokens)}
    if subject.variant == "trained":
        subject.model.train()
        values["training"] = _moved(subject, tokens)
    return Found(values)


def _moved(subject: Subject, tokens: torch.Tensor) -> float:
    """The largest change of a logit before the middle, beside the largest one behind it."""
    middle = tokens.shape[1] // 2
    before = _logits(subject, tokens)
    vocab_size, exchanged = before.shape[-1], tokens.clone()
    exchanged[:, middle:] = (tokens[:, middle:] + max(1, vocab_size // 2)) % vocab_size
    change = (_logits(subject, exchanged) - before).abs()
    behind = float(change[:, middle:].max())
    return float(change[:, :middle].max()) / behind if behind > 0.0 else 0.0


def _logits(subject: Subject, tokens: torch.Tensor) -> torch.Tensor:
    """(windows, time, vocabulary), with the chance of the step at hand."""
    subject.check()
    start_dropout_stream(subject.state.seed, subject.state.step, subject.device)
    with subject.context():
        logits: torch.Tensor = subject.model(tokens)
    return logits.float()


CAUSALITY = Examination("causality", "looking ahead", "begin", _examine)
