"""Bytes that operators read and write, counted: every tensor that goes in, every one that comes out.

An upper bound. It is what a training moves where each operator is a kernel of its own and no cache helps: fused code
(torch.compile, attention kernels inside) keeps much of it in registers, and small models live in a processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from gpulab.spec.optimizer_states import optimizer_state_bytes

_ATEN = torch.ops.aten
_WRITES_NOTHING = {_ATEN.empty, _ATEN.empty_like, _ATEN.empty_strided, _ATEN.new_empty, _ATEN.detach}
_FILLS = {_ATEN.ones_like, _ATEN.zeros_like, _ATEN.full_like, _ATEN.new_zeros, _ATEN.new_ones, _ATEN.new_full}
"""They take a shape from what goes in, and no number."""
_GATHERS = {_ATEN.embedding, _ATEN.index, _ATEN.gather, _ATEN.index_select}
"""They read only what they give out, not the whole table."""


def traffic_bytes(operator: Any, arguments: tuple[Any, ...], named: Mapping[str, Any], out: Any) -> int:
    """Bytes that one call of `operator` (as a dispatch mode sees it) moves; a view moves none."""
    packet = operator._overloadpacket
    if packet in _WRITES_NOTHING:
        return 0
    read = list(_tensors((arguments, tuple(named.values()))))
    written = list(_tensors(out))
    places = {_place(tensor) for tensor in read}
    if not operator._schema.is_mutable:
        written = [tensor for tensor in written if _place(tensor) not in places]
        if not written:
            return 0
    moved_out = sum(map(_bytes, written))
    if packet in _FILLS:
        return moved_out
    if packet in _GATHERS:
        return 2 * moved_out + sum(map(_bytes, read[1:]))
    return moved_out + sum(map(_bytes, read))


def optimizer_bytes(model: torch.nn.Module, optimizer: str) -> float:
    """Bytes that a step of `optimizer` (its name in an experiment) moves, by formula.

    Weights and its own state are read and written, gradients are read twice: for their norm, and to follow them.
    """
    moved = 0.0
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            state = optimizer_state_bytes(optimizer, name, tuple(weight.shape), weight.element_size())
            moved += 2 * weight.nbytes + 2 * weight.nbytes + 2 * state
    return moved


def _tensors(tree: Any) -> Iterator[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, list | tuple):
        for each in tree:
            yield from _tensors(each)


def _place(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _bytes(tensor: torch.Tensor) -> int:
    """What an expanded tensor repeats is in memory once."""
    once = [size for size, stride in zip(tensor.shape, tensor.stride(), strict=True) if stride]
    count = 1
    for size in once:
        count *= size
    return count * tensor.element_size() if tensor.numel() else 0
