"""A GPT: tokens in, a guess about each next token out.

The shape of GPT-2 (Radford et al., 2019) in the plain style of nanoGPT: pre-normalization, fused causal attention,
a GELU hidden layer four times as wide, and one matrix that serves as embedding and as output head. Every other shape
that a plan can name is built here too, from the parts in `gpulab.engine.layers`: even a model that is no GPT, with
blocks that look back without attention.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from gpulab.engine.layers.attention import Attention
from gpulab.engine.layers.block import Block
from gpulab.engine.layers.cache import Cache
from gpulab.engine.layers.comparators import ConvolutionBlock, LSTMBlock, start_of_lstm
from gpulab.engine.layers.norms import make_norm
from gpulab.engine.layers.recomputing import recomputed
from gpulab.engine.randomness import torch_stream
from gpulab.spec.plan import Plan

IGNORED = -100
"""A target that no loss is taken from."""


_BLOCKS: dict[str, Callable[[Plan, int], nn.Module]] = {"gpt": Block, "lstm": LSTMBlock, "cnn": ConvolutionBlock}


class GPT(nn.Module):
    """The whole model. `blocks` holds each set of weights once; layers that share one pass through it in a row.

    Other architectures stand in this frame too, to be compared with. They know the order of what they read, and have
    no `position_embedding`.
    """

    position_embedding: nn.Embedding

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.context_length = plan.context_length
        self.token_embedding = nn.Embedding(plan.vocab_size, plan.n_embd)
        if plan.architecture == "gpt":
            self.position_embedding = nn.Embedding(plan.context_length, plan.n_embd)
        self.dropout = nn.Dropout(plan.dropout)
        self.blocks = nn.ModuleList(_BLOCKS[plan.architecture](plan, index) for index in range(plan.n_block))
        self.final_norm = make_norm(plan) if plan.norm_placement == "pre" else nn.Identity()
        self.head = None if plan.tied else nn.Linear(plan.n_embd, plan.vocab_size, bias=False)

    def forward(self, tokens: torch.Tensor, cache: Cache | None = None) -> torch.Tensor:
        """(batch, time) of token numbers to (batch, time, vocabulary) of logits.

        With a cache, `tokens` come after the positions it holds, and it holds them too afterwards. Raises ValueError
        where they reach beyond the context.
        """
        begin = cache.length if cache is not None else 0
        end = begin + tokens.shape[1]
        if end > self.context_length:
            raise ValueError(f"{end} positions reach beyond a context of {self.context_length}")
        x = self.token_embedding(tokens)
        if self.plan.architecture == "gpt":
            x = x + self.position_embedding.weight[begin:end]
        x = self.dropout(x)
        layers = [block for block in self.blocks for _ in range(self.plan.shared_layers)]
        for index, block in enumerate(layers):
            drop = self.plan.stochastic_depth * (index + 1) / len(layers)
            if cache is not None:
                x = block(x, cache.layers[index], drop)
            elif self.training and torch.is_grad_enabled() and self.plan.recomputes(index):
                x = recomputed(block, x, drop)
            else:
                x = block(x, None, drop)
        return self.guess(x)

    def guess(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, channels) of what has gone through the layers to (batch, time, vocabulary) of logits."""
        x = self.final_norm(x)
        logits: torch.Tensor = F.linear(x, self.token_embedding.weight) if self.head is None else self.head(x)
        return logits

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
    root of how often they do, so that its variance doesn't grow with depth. Biases are zero, normalization is neutral.
    An LSTM begins as is usual for one (`start_of_lstm`).
    """
    branches = 2 if model.plan.architecture == "gpt" else 1
    residual_deviation = 0.02 / math.sqrt(branches * model.plan.n_layer)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.fill_(0.0 if name.endswith("bias") else 1.0)
            elif ".lstm." in name:
                parameter.copy_(start_of_lstm(name, parameter.shape, torch_stream(seed, "init", name)))
            elif name.endswith("bias"):
                parameter.zero_()
            else:
                deviation = residual_deviation if name.endswith("projection.weight") else 0.02
                values = torch.empty(parameter.shape)  # drawn on the CPU: the same weights on every device
                parameter.copy_(values.normal_(0.0, deviation, generator=torch_stream(seed, "init", name)))
