"""Floating-point operations of single operators: torch's own formulas, and ours where torch has none or another rule.

A multiplication and the addition behind it are two operations. Only what multiplies matrices is counted: the rest is
little arithmetic, and is held up by memory. Causal attention counts in full, as is usual, although half of its table is
never looked at. Its backward pass counts twice the forward pass; what a fused kernel works out a second time for want
of memory is left out, as MFU wants it (Chowdhery et al.: PaLM, 2022, arXiv:2204.02311, appendix B).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.flop_counter import flop_registry

_ATEN = torch.ops.aten
_SDPA = "_scaled_dot_product_"
_KERNELS = ("flash_attention", "efficient_attention", "cudnn_attention", "flash_attention_for_cpu")


def flops_of(operator: Any, arguments: tuple[Any, ...], named: Mapping[str, Any], out: Any) -> int:
    """Operations of one call of `operator` (as a dispatch mode sees it); 0 where it multiplies no matrices."""
    packet = operator._overloadpacket
    if own := _FORMULAS.get(packet):
        return own(*arguments)
    known = flop_registry.get(packet)
    return int(known(*arguments, **named, out_val=out)) if known else 0


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: Any) -> int:
    """Queries by keys, then weights by values; keys that serve several heads are looked at once for each."""
    batch, heads, time, width = query.shape
    return 2 * batch * heads * time * key.shape[2] * (width + value.shape[3])


def _attention_backward(gradient: torch.Tensor, *inputs: Any) -> int:
    return 2 * _attention(*inputs)


def _rnn(read: torch.Tensor, *others: Any) -> int:
    """Every matrix of every gate is multiplied once at each position (time, batch, channels)."""
    listed = others[0] if isinstance(others[0], list | tuple) else others
    matrices = [each for each in listed[:4] if isinstance(each, torch.Tensor) and each.dim() == 2]
    return 2 * read.shape[0] * read.shape[1] * sum(matrix.numel() for matrix in matrices)


def _rnn_backward(*inputs: Any) -> int:
    return 2 * _rnn(*inputs)


_FORMULAS: dict[Any, Callable[..., int]] = {
    **{getattr(_ATEN, f"{_SDPA}{kernel}"): _attention for kernel in _KERNELS},
    **{getattr(_ATEN, f"{_SDPA}{kernel}_backward"): _attention_backward for kernel in _KERNELS},
    _ATEN.mkldnn_rnn_layer: _rnn,
    _ATEN.mkldnn_rnn_layer_backward: _rnn_backward,
    _ATEN._cudnn_rnn: _rnn,
    _ATEN._cudnn_rnn_backward: _rnn_backward,
}
