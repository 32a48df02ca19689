"""What quantization takes away: noise beside the signal in each part, channels that stand out, the part hurt most.

The signal is the trained weights, the noise what rounding made of them. Where the loss rose, one part after the other
gets its trained weights back: the one that brings most back hurts most.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn
from torch.sparse import SparseSemiStructuredTensor

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.examinations.parts import linear_parts, loss_of
from gpulab.engine.size import plain_weight
from gpulab.engine.subclasses import wraps

_WORTH_LOOKING = 0.005
"""The loss must rise by this share before parts are looked at one by one: that takes a pass for each."""

Pairs = Mapping[str, tuple[nn.Linear, nn.Linear]]
"""By name: a layer as it was trained, and rounded."""


def _examine(subject: Subject) -> Found | None:
    """`signal_db` of the whole and of each part, its `outlier`, and the share of the lost loss that it gives back."""
    if subject.before is None or not (parts := _rounded_parts(subject.before, subject.model)):
        return None
    keeps_zeros = "pruning" in subject.experiment.techniques
    channels = {name: _signal_over_noise(pairs, keeps_zeros) for name, pairs in parts.items()}
    before, after = loss_of(subject, subject.before), loss_of(subject, subject.model)
    values = {
        "signal_db": _decibels(torch.cat(list(channels.values()))),
        "loss_before": before,
        "loss_change": after / before - 1.0,
    }
    found = {name: {"signal_db": _decibels(channels[name]), "outlier": _outlier(parts[name])} for name in parts}
    if after > (1.0 + _WORTH_LOOKING) * before:
        for name, pairs in parts.items():
            with _given_back(subject.model, pairs):
                found[name]["given_back"] = (after - loss_of(subject, subject.model)) / (after - before)
    return Found(values, found)


def _rounded_parts(before: nn.Module, after: nn.Module) -> dict[str, Pairs]:
    """The parts with rounded layers that still are what was trained; none where whole layers were taken out."""
    trained, left = linear_parts(before), linear_parts(after)
    if trained.keys() != left.keys():
        return {}
    parts: dict[str, Pairs] = {}
    for part, layers in left.items():
        pairs = {
            name: (trained[part][name], layer)
            for name, layer in layers.items()
            if _is_rounded(layer) and layer.weight.shape == trained[part][name].weight.shape
        }
        if pairs:
            parts[part] = pairs
    return parts


def _is_rounded(layer: nn.Linear) -> bool:
    """Whether its weights are stored in fewer bits; sparse kernels store theirs apart, and round nothing."""
    weight = layer.weight
    return wraps(weight) and not isinstance(weight, SparseSemiStructuredTensor)


def _signal_over_noise(pairs: Pairs, keeps_zeros: bool) -> torch.Tensor:
    """(input channels of all layers,): the squares of what was trained over those of what rounding changed.

    By channel, because one of large weights would hide that its neighbours, which share its scale, are gone. What
    pruning took is no error of rounding.
    """
    ratios = []
    for trained, rounded in pairs.values():
        weight, now = trained.weight.detach().float(), plain_weight(rounded).float()
        if keeps_zeros:
            weight = weight * (now != 0.0)
        signal = weight.square().sum(dim=0)
        ratios.append((signal / (now - weight).square().sum(dim=0))[signal > 0.0])
    return torch.cat(ratios)


def _decibels(ratios: torch.Tensor) -> float:
    """Of the usual channel."""
    usual = float(ratios.median()) if len(ratios) else math.inf
    return 10.0 * math.log10(usual) if usual > 0.0 else -math.inf


def _outlier(pairs: Pairs) -> float:
    """The largest weight of an input channel beside the usual channel's largest, where that is most."""
    most = 0.0
    for trained, _ in pairs.values():
        largest = trained.weight.detach().float().abs().amax(dim=0)
        usual = float(largest.median())
        most = max(most, float(largest.max()) / usual if usual > 0.0 else 0.0)
    return most


@contextmanager
def _given_back(model: nn.Module, pairs: Pairs) -> Iterator[None]:
    """Inside, `model` has the trained layers of `pairs` in the place of the rounded ones."""
    dtype = next(each.dtype for each in model.parameters() if not wraps(each))
    try:
        for name, (trained, _) in pairs.items():
            model.set_submodule(name, copy.deepcopy(trained).to(dtype))
        yield
    finally:
        for name, (_, rounded) in pairs.items():
            model.set_submodule(name, rounded)


ROUNDING = Examination("rounding", "what rounding takes away", "end", _examine)
