"""Causal self-attention: each position looks at itself and at what came before it."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.engine.layers.cache import LayerCache
from gpulab.spec.plan import Plan


class Attention(nn.Module):
    """All heads in one matrix product: queries, then keys, then values; fewer key heads serve groups of queries.

    The heads' widths together need not be the model's width, so that heads can be taken away.
    """

    def __init__(self, plan: Plan, block: int = 0) -> None:
        super().__init__()
        self.n_head, self.n_kv_head, self.head_width = plan.heads(block), plan.kv_heads(block), plan.head_width
        width = self.n_head * self.head_width
        self.qkv = nn.Linear(plan.n_embd, width + 2 * self.n_kv_head * self.head_width, bias=plan.bias)
        self.projection = nn.Linear(width, plan.n_embd, bias=plan.bias)
        self.fused = plan.attention == "fused"
        self.dropout = plan.dropout
        self.in_fp32 = False

    def forward(self, x: torch.Tensor, cache: LayerCache | None = None) -> torch.Tensor:
        """(batch, time, channels) to the same shape; with a cache, `x` are the positions that come after it."""
        batch, time, _ = x.shape
        sizes = [heads * self.head_width for heads in (self.n_head, self.n_kv_head, self.n_kv_head)]
        q, k, v = (
            part.view(batch, time, -1, self.head_width).transpose(1, 2) for part in self.qkv(x).split(sizes, dim=2)
        )
        if cache is not None:
            k, v = cache.extend(k, v)
        mixed = self._mix_in_fp32(q, k, v) if self.in_fp32 else self._mix(q, k, v)
        out: torch.Tensor = self.projection(mixed.transpose(1, 2).reshape(batch, time, sizes[0]))
        return out

    def _mix(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """(batch, heads, time, head width) of queries, and as many or more positions of keys, to the queries' shape."""
        new, all_ = q.shape[2], k.shape[2]
        dropout = self.dropout if self.training else 0.0
        if not self.fused:
            return _mix_step_by_step(q, k, v, dropout)
        grouped = self.n_kv_head != self.n_head
        if new == all_:
            return F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True, enable_gqa=grouped)
        seen = None if new == 1 else _seen(new, all_, q.device)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen, dropout_p=dropout, enable_gqa=grouped)

    def _mix_in_fp32(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        with torch.autocast(q.device.type, enabled=False):  # which would turn its inputs back into 16 bits
            return self._mix(q.float(), k.float(), v.float()).to(q.dtype)


def _seen(new: int, all_: int, device: torch.device) -> torch.Tensor:
    """(new, all) of truth: which of all positions each of the last `new` ones looks at."""
    return torch.ones(new, all_, dtype=torch.bool, device=device).tril(all_ - new)


def _mix_step_by_step(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, dropout: float) -> torch.Tensor:
    """Attention as its formula is written, each step a tensor of its own in memory (Vaswani et al., 2017)."""
    groups = q.shape[1] // k.shape[1]
    if groups > 1:
        k, v = (part.unsqueeze(2).expand(-1, -1, groups, -1, -1).flatten(1, 2) for part in (k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(~_seen(q.shape[2], k.shape[2], q.device), -math.inf)
    return F.dropout(scores.softmax(dim=-1), dropout) @ v
