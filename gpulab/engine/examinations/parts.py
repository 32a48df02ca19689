"""The parts of a model that people have names for: the attention and the feed-forward part of each layer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from torch import nn

from gpulab.engine.examinations.examination import Subject
from gpulab.engine.model import next_token_loss

_TOKENS = 1024


def linear_parts(model: nn.Module) -> Mapping[str, dict[str, nn.Linear]]:
    """The linear layers of the blocks by part, such as `blocks.0.attention`, then by their own name.

    A block of another architecture is one part: `blocks.0`.
    """
    parts: dict[str, dict[str, nn.Linear]] = defaultdict(dict)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) and name.startswith("blocks."):
            parts[name.rpartition(".")[0]][name] = module
    return parts


def loss_of(subject: Subject, model: nn.Module) -> float:
    """Nats per token of `model` in evaluation mode on the first thousand held-out tokens or so."""
    subject.check()
    windows = max(1, _TOKENS // subject.held_out[0].shape[1])
    inputs, targets = (part[:windows] for part in subject.held_out)
    model.eval()
    with subject.context():
        return float(next_token_loss(model(inputs), targets))
