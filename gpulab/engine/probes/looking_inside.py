"""Where each head looks, and what each layer would say next: read off a forward pass that it leaves as it is.

Fused kernels never write their table of weights to memory. It is worked out again here from the queries and keys that
go into them, as the formula is written (Vaswani et al., 2017). What a layer would say next is the model's own final
normalization and head, put to what has gone through so far: the logit lens (nostalgebraist, "interpreting GPT: the
logit lens", 2020, lesswrong.com).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import msgspec
import torch

from gpulab.engine.layers.attention import Attention
from gpulab.engine.model import GPT


class Inside(msgspec.Struct, frozen=True):
    """What one text leaves inside a model. `logits` (time, vocabulary) are the model's own, untouched.

    `attention` holds for each layer passed through (heads, time, time): how much of its attention who stands at a
    position (row) gives to each position (column), rows adding up to 1. `guesses` (layers + 1, vocabulary) are the
    logits after the last position, before any layer and after each.
    """

    logits: torch.Tensor
    attention: tuple[torch.Tensor, ...]
    guesses: torch.Tensor


@torch.no_grad()
def look_inside(model: GPT, tokens: torch.Tensor) -> Inside:
    """Reads `tokens` (time,), at most a context of them. `model` is a GPT in evaluation mode and stays as it is."""
    attention: list[torch.Tensor] = []
    streams: list[torch.Tensor] = []

    def before_block(_: torch.nn.Module, inputs: tuple[Any, ...]) -> None:
        streams.append(inputs[0][:, -1:])

    def after_qkv(part: Attention, _: torch.nn.Module, __: object, qkv: torch.Tensor) -> None:
        attention.append(attention_weights(part, qkv)[0])

    hooks = [block.register_forward_pre_hook(before_block) for block in model.blocks]
    parts = [part for part in model.modules() if isinstance(part, Attention)]
    hooks += [part.qkv.register_forward_hook(partial(after_qkv, part)) for part in parts]
    try:
        logits = model(tokens[None])[0]
    finally:
        for hook in hooks:
            hook.remove()
    guesses = [model.guess(stream)[0, -1] for stream in streams]
    return Inside(logits, tuple(attention), torch.stack([*guesses, logits[-1]]).float())


def attention_weights(part: Attention, qkv: torch.Tensor) -> torch.Tensor:
    """(batch, heads, time, time) of weights from what `part.qkv` gave, (batch, time, all widths), in 32 bits."""
    batch, time, _ = qkv.shape
    widths = [heads * part.head_width for heads in (part.n_head, part.n_kv_head, part.n_kv_head)]
    parts = torch.split(qkv.float(), widths, dim=2)
    q, k, _ = (each.view(batch, time, -1, part.head_width).transpose(1, 2) for each in parts)
    k = k.repeat_interleave(part.n_head // part.n_kv_head, dim=1)  # groups of queries share a key
    scores = q @ k.transpose(-2, -1) / math.sqrt(part.head_width)
    later = torch.ones(time, time, dtype=torch.bool, device=qkv.device).triu(1)
    weights: torch.Tensor = scores.masked_fill(later, -math.inf).softmax(dim=-1)
    return weights
