"""Where zeros gather: how much of each part pruning left, how much it still has to say, and how far the cliff is.

Pruning by size takes most where weights are small. A part of which nothing is left says the same to every position, and
all that came through it is lost at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.examinations.parts import linear_parts, loss_of
from gpulab.engine.size import plain_weight

_LEFT = 0.02
"""A matrix with this share of its weights, or less, is as good as empty."""
_MOST = 2**20
"""Of a large model's weights about as many are sorted, evenly spread."""


def _examine(subject: Subject) -> Found | None:
    """Of the blocks' linear weights: the share of `zeros`, and with which share the first matrix of the trained model
    would be empty; of each part: what is `left` of its emptiest matrix, and how much it `says`."""
    if subject.variant == "compressed" and "pruning" not in subject.experiment.techniques:
        return None  # a small weight that is rounded to zero is no hole
    parts = _weights(subject.model)
    weights = [weight for each in parts.values() for weight in each]
    zeros = sum(int((weight == 0).sum()) for weight in weights)
    if not zeros:
        return None
    values = {"zeros": zeros / sum(weight.numel() for weight in weights)}
    if subject.before is not None:
        values["empty_from"] = _empty_from([each for part in _weights(subject.before).values() for each in part])
        values["loss_change"] = loss_of(subject, subject.model) / loss_of(subject, subject.before) - 1.0
    said = _said(subject, list(parts))
    left = {name: min(float((weight != 0).float().mean()) for weight in each) for name, each in parts.items()}
    return Found(values, {name: {"left": left[name], "says": said[name]} for name in parts})


def _weights(model: nn.Module) -> Mapping[str, list[torch.Tensor]]:
    return {name: [plain_weight(each) for each in layers.values()] for name, layers in linear_parts(model).items()}


def _empty_from(weights: Sequence[torch.Tensor]) -> float:
    """The share of all weights, the smallest first, that can go before one matrix is as good as empty."""
    every = -(-sum(weight.numel() for weight in weights) // _MOST)
    sizes = [weight.flatten()[::every].float().abs() for weight in weights]
    whole = torch.cat(sizes).sort().values
    limits = torch.stack([size.sort().values[int((1.0 - _LEFT) * (len(size) - 1))] for size in sizes])
    return float(torch.searchsorted(whole, limits.min())) / len(whole)


def _said(subject: Subject, parts: Sequence[str]) -> Mapping[str, float]:
    """How far what each part adds differs from position to position, beside what its block is given."""
    with _noting(subject.model, parts) as (given, added):
        loss_of(subject, subject.model)
    return {name: added[name] / given[name] if given[name] > 0.0 else 0.0 for name in parts}


@contextmanager
def _noting(model: nn.Module, parts: Sequence[str]) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Inside, passes note for each part how far what its block is given, and what it adds, differs over positions."""
    given: dict[str, float] = {}
    added: dict[str, float] = {}

    def note_given(name: str, block: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        given[name] = _spread(inputs[0])

    def note_added(name: str, layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        added[name] = _spread(output)

    hooks = []
    for name in parts:
        block = model.get_submodule(".".join(name.split(".")[:2]))
        hooks.append(block.register_forward_pre_hook(partial(note_given, name)))
        hooks.append(model.get_submodule(f"{name}.projection").register_forward_hook(partial(note_added, name)))
    try:
        yield given, added
    finally:
        for hook in hooks:
            hook.remove()


def _spread(x: torch.Tensor) -> float:
    """The deviation over all positions of (batch, time, channels), the root of its mean square over channels."""
    return float(x.float().flatten(0, -2).var(dim=0, unbiased=False).mean().sqrt())


ZEROS = Examination("zeros", "where zeros gather", "end", _examine)
