"""A GPT: tokens in, a guess about each next token out.

The shape of GPT-2 (Radford et al., 2019) in the plain style of nanoGPT: pre-normalization, fused causal attention,
a GELU hidden layer four times as wide, and one matrix that serves as embedding and as output head.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.engine.norms import make_norm
from gpulab.engine.randomness import torch_stream
from gpulab.spec.plan import Plan

IGNORED = -100
"""A target that no loss is taken from."""


class Attention(nn.Module):
    """Causal self-attention with all heads in one matrix product."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.n_head = plan.n_head
        self.qkv = nn.Linear(plan.n_embd, 3 * plan.n_embd, bias=plan.bias)
        self.projection = nn.Linear(plan.n_embd, plan.n_embd, bias=plan.bias)
        self.in_fp32 = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        batch, time, channels = x.shape
        heads = (batch, time, self.n_head, channels // self.n_head)
        q, k, v = (part.view(heads).transpose(1, 2) for part in self.qkv(x).split(channels, dim=2))
        mixed = self._mix_in_fp32(q, k, v) if self.in_fp32 else F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: torch.Tensor = self.projection(mixed.transpose(1, 2).reshape(batch, time, channels))
        return out

    def _mix_in_fp32(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        with torch.autocast(q.device.type, enabled=False):  # which would turn its inputs back into 16 bits
            return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True)


class MLP(nn.Module):
    """The hidden layer of a block, four times as wide as its input."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.expand = nn.Linear(plan.n_embd, 4 * plan.n_embd, bias=plan.bias)
        self.activation = nn.GELU()
        self.projection = nn.Linear(4 * plan.n_embd, plan.n_embd, bias=plan.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        out: torch.Tensor = self.projection(self.activation(self.expand(x)))
        return out


class Block(nn.Module):
    """One layer of the GPT: look at earlier positions, then think about what was seen."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.attention_norm = make_norm(plan)
        self.attention = Attention(plan)
        self.mlp_norm = make_norm(plan)
        self.mlp = MLP(plan)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) to the same shape."""
        x = x + self.attention(self.attention_norm(x))
        out: torch.Tensor = x + self.mlp(self.mlp_norm(x))
        return out


class GPT(nn.Module):
    """The whole model."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.context_length = plan.context_length
        self.token_embedding = nn.Embedding(plan.vocab_size, plan.n_embd)
        self.position_embedding = nn.Embedding(plan.context_length, plan.n_embd)
        self.blocks = nn.ModuleList(Block(plan) for _ in range(plan.n_layer))
        self.final_norm = make_norm(plan)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) of token numbers to (batch, time, vocabulary) of logits."""
        x = self.token_embedding(tokens) + self.position_embedding.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.final_norm(x), self.token_embedding.weight)

    def set_attention_in_fp32(self, on: bool) -> None:
        """Computes attention in 32 bits under autocast, whatever the rest of the model does."""
        for module in self.modules():
            if isinstance(module, Attention):
                module.in_fp32 = on


def next_token_loss(logits: torch.Tensor, targets: torch.Tensor, reduction: str = "mean") -> torch.Tensor:
    """Cross-entropy in nats of `targets` (batch, time) under `logits` (batch, time, vocabulary), in 32 bits."""
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction=reduction)


def initialize(model: GPT, seed: int) -> None:
    """GPT-2's initialization, each parameter from the stream of its own name.

    Normal with deviation 0.02; the projections that write into the residual stream are scaled down by the square
    root of their number, so that its variance doesn't grow with depth. Biases are zero, normalization is neutral.
    """
    residual_deviation = 0.02 / math.sqrt(2 * len(model.blocks))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
            elif name.endswith("bias"):
                parameter.zero_()
            else:
                deviation = residual_deviation if name.endswith("projection.weight") else 0.02
                values = torch.empty(parameter.shape)  # drawn on the CPU: the same weights on every device
                parameter.copy_(values.normal_(0.0, deviation, generator=torch_stream(seed, "init", name)))
