"""How far a picture of attention explains a model: beside what really changes its answers, and which parts are dead.

Attention says where a head looks. What an earlier token matters is another question, asked by putting another token in
its place: how far does the right next token's log-probability move? Where the two are ordered alike, the picture may be
read as a reason; Jain and Wallace (2019, arXiv:1902.10186) found that they often are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import msgspec
import torch

from gpulab.engine.batches import Batch
from gpulab.engine.layers.attention import Attention
from gpulab.engine.layers.block import Block
from gpulab.engine.layers.mlp import MLP
from gpulab.engine.model import GPT
from gpulab.engine.probes.looking_inside import attention_weights

POSITIONS = 32
"""So many tokens are read with each one replaced in turn; what a batch of training costs, or less."""

_FIRST_ROW = 8  # with fewer tokens before it, an order says little
_TOKENS = 768  # of the batch: enough that a unit which never answers is no accident

FAINT_HEAD = 1e-3
"""A head is dead that varies what goes through its layer by less than this share of its variation."""

ONE_PLACE = 0.99
"""A head is dead that gives one and the same position so much of all its attention."""

FAINT_UNIT = 1e-2
"""A unit of a feed-forward part is dead that never gets beyond this share of its layer's root mean square."""

ALIKE = 0.95
"""Two heads of a layer are alike whose attention overlaps by this much on average."""


class Head(msgspec.Struct, frozen=True):
    """One head. `agreement` is the rank correlation of its attention with occlusion (-1 to 1), `added` how far it
    varies what goes through (a share), `one_place` the most attention it gives to one position, `overlap` what it has
    most in common with another head of its layer."""

    layer: int
    head: int
    agreement: float
    added: float
    one_place: float
    overlap: float

    @property
    def dead(self) -> bool:
        """Whether it could as well be away."""
        return self.added < FAINT_HEAD or self.one_place >= ONE_PLACE

    @property
    def redundant(self) -> bool:
        """Whether another head of its layer looks at the same places."""
        return self.overlap >= ALIKE


class Explained(msgspec.Struct, frozen=True):
    """All heads, and for each layer passed through its units and how many of them are dead."""

    heads: tuple[Head, ...]
    units: tuple[tuple[int, int], ...]

    @property
    def agreement(self) -> float:
        """The mean over all heads."""
        return sum(head.agreement for head in self.heads) / len(self.heads)


class _Layer(msgspec.Struct):
    """What one pass left: (heads, time, time) of one window, (tokens, width) before the head's last matrix, each unit's
    largest answer and all units' mean square, and how far varies what goes through."""

    part: Attention
    varies: float = 0.0
    attention: torch.Tensor | None = None
    mixed: torch.Tensor | None = None
    largest: torch.Tensor | None = None
    square: float = 0.0


@torch.no_grad()
def explain(
    model: GPT, batch: Batch, context: Callable[[], AbstractContextManager[object]] = nullcontext
) -> Explained | None:
    """Reads `batch`, (windows, time) of tokens and of the right next ones, -100 where that is not known.

    `model` is in evaluation mode and stays as it is. None where it has no attention, or the windows are too short to
    order anything.
    """
    inputs, targets = batch
    inputs = inputs[: max(1, _TOKENS // inputs.shape[1])]
    time = min(inputs.shape[1], POSITIONS)
    if model.plan.architecture != "gpt" or time <= _FIRST_ROW:
        return None
    with context():
        layers = _read(model, inputs, time)
        moved = occlusion(model, inputs[0, :time], targets[0, :time])
        heads = [head for number, layer in enumerate(layers) for head in _heads(number, layer, moved)]
    units = tuple((len(layer.largest), _dead_units(layer)) for layer in layers if layer.largest is not None)
    return Explained(tuple(heads), units)


def occlusion(model: GPT, tokens: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """(time, time): how far the log-probability of the right token after a position (row) moves, where another token
    stands at an earlier one (column). Rows without a target, and what is no earlier position, are nan."""
    time = len(tokens)
    readings = tokens.repeat(time, 1)
    places = torch.arange(time, device=tokens.device)
    readings[places, places] = _others(tokens)
    readings = torch.cat([tokens[None], readings[:-1]])  # as it is, then each with one replaced; the last moves no row
    known = targets.clamp_min(0)
    sure = model(readings).float().log_softmax(-1).gather(2, known.expand(time, -1)[..., None])[..., 0]
    moved = (sure[1:] - sure[0]).abs().T  # (row, replaced)
    moved = torch.cat([moved, moved.new_zeros(time, 1)], 1)
    moved[places[:, None] <= places] = torch.nan
    moved[targets < 0] = torch.nan
    return moved


def _others(tokens: torch.Tensor) -> torch.Tensor:
    """For each token another one of the same text, so that what is read stays of its kind; the same for no draw."""
    others = tokens.clone()
    for far in (len(tokens) // 2, *range(1, len(tokens))):
        others = torch.where(others == tokens, tokens.roll(far), others)
    return others


def _read(model: GPT, inputs: torch.Tensor, time: int) -> list[_Layer]:
    """One pass, and what each layer that was passed through left of it."""
    layers: list[_Layer] = []

    def begin(block: Any, arguments: tuple[Any, ...]) -> None:
        layers.append(_Layer(block.attention, _deviation(arguments[0].flatten(0, 1).float())))

    def after_qkv(part: Attention, _: torch.nn.Module, __: object, qkv: torch.Tensor) -> None:
        layers[-1].attention = attention_weights(part, qkv[:1, :time])[0]

    def before_last(_: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        layers[-1].mixed = arguments[0].flatten(0, 1)[:_TOKENS]

    def before_projection(_: torch.nn.Module, arguments: tuple[Any, ...]) -> None:
        answers = arguments[0].flatten(0, 1)
        layers[-1].largest = answers.abs().amax(0).float()
        layers[-1].square = float(answers.float().square().mean())

    hooks = []
    for module in model.modules():
        if isinstance(module, Block):
            hooks.append(module.register_forward_pre_hook(begin))
        elif isinstance(module, Attention):
            hooks.append(module.qkv.register_forward_hook(partial(after_qkv, module)))
            hooks.append(module.projection.register_forward_pre_hook(before_last))
        elif isinstance(module, MLP):
            hooks.append(module.projection.register_forward_pre_hook(before_projection))
    try:
        model(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return layers


def _heads(number: int, layer: _Layer, moved: torch.Tensor) -> list[Head]:
    assert layer.attention is not None
    agreements = rank_agreement(layer.attention, moved)
    fixed, overlaps = _one_place(layer.attention), _overlaps(layer.attention)
    figures = zip(agreements, _added(layer), fixed, overlaps, strict=True)
    return [Head(number, head, *of_head) for head, of_head in enumerate(figures)]


def rank_agreement(attention: torch.Tensor, moved: torch.Tensor) -> list[float]:
    """Spearman's rank correlation of each head's attention (heads, time, time) with `moved` (time, time) over earlier
    positions, averaged over rows; ties share a rank, and a row without any order counts 0."""
    rows = [row for row in range(_FIRST_ROW, len(moved)) if not moved[row, 0].isnan()]
    if not rows:
        return [0.0] * len(attention)
    ranks, other = _ranks(attention[:, rows], rows), _ranks(moved[None, rows], rows)
    scale = ranks.square().sum(-1).sqrt() * other.square().sum(-1).sqrt()
    each = torch.where(scale > 0.0, (ranks * other).sum(-1) / scale.clamp_min(1e-12), 0.0)
    means: list[float] = each.mean(1).tolist()
    return means


def _ranks(values: torch.Tensor, rows: list[int]) -> torch.Tensor:
    """The rank of each value (heads, rows, time) among those before `rows`, less their mean; 0 for all others.

    Those that are equal stand at the mean of their ranks.
    """
    earlier = torch.arange(values.shape[-1], device=values.device) < torch.tensor(rows, device=values.device)[:, None]
    beside, counted = values[..., None, :], earlier[:, None]
    below, equal = (beside < values[..., None]) & counted, (beside == values[..., None]) & counted
    ranks = below.sum(-1) + 0.5 * equal.sum(-1)
    mean = (ranks * earlier).sum(-1, keepdim=True) / earlier.sum(-1, keepdim=True)
    return (ranks - mean) * earlier


def _added(layer: _Layer) -> list[float]:
    """How far each head varies what its layer gives on, as a share of how far that varies before it."""
    assert layer.mixed is not None
    part, mixed = layer.part, layer.mixed
    alone = mixed.new_zeros(part.n_head, *mixed.shape)
    for head in range(part.n_head):
        own = slice(head * part.head_width, (head + 1) * part.head_width)
        alone[head, :, own] = mixed[:, own]
    written = part.projection(alone).float()
    return [_deviation(each) / max(layer.varies, 1e-12) for each in written]


def _deviation(vectors: torch.Tensor) -> float:
    """The root mean square of how far (tokens, channels) lie from their mean."""
    return float((vectors - vectors.mean(0)).square().sum(-1).mean().sqrt())


def _one_place(attention: torch.Tensor) -> list[float]:
    """The most attention that each head gives to one position, on average over the rows behind it."""
    late = attention[:, _FIRST_ROW:, :_FIRST_ROW]
    most: list[float] = late.mean(1).amax(-1).tolist()
    return most


def _overlaps(attention: torch.Tensor) -> list[float]:
    """The largest share of its attention that each head has in common with another, 0 for one that is alone."""
    late = attention[:, _FIRST_ROW:]
    common = torch.stack([torch.minimum(late, one).sum(-1).mean(-1) for one in late])
    common.fill_diagonal_(0.0)
    largest: list[float] = common.amax(1).tolist()
    return largest


def _dead_units(layer: _Layer) -> int:
    assert layer.largest is not None
    return int((layer.largest <= FAINT_UNIT * layer.square**0.5).sum())


def counts(heads: Sequence[Head]) -> tuple[int, int]:
    """How many of `heads` are dead, and how many of the others redundant."""
    living = [head for head in heads if not head.dead]
    return len(heads) - len(living), sum(head.redundant for head in living)
