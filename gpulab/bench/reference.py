"""The plain training loop that the engine is measured against: what a good programmer writes first.

In the manner of nanoGPT's `train.py` and `model.py` (Karpathy, MIT licence): fp32, eager, SDPA, batches stacked on
the CPU one window at a time, torch's default AdamW (not fused), each step's loss read with `.item()`. Weights and
places in the text are handed in, so that both arms start from the same model and read the same batches.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F

from gpulab.spec.experiment import Experiment, Model


class LayerNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.layer_norm(x, self.weight.shape, self.weight, None, 1e-5)


class Attention(nn.Module):
    def __init__(self, shape: Model) -> None:
        super().__init__()
        self.n_head, self.n_embd = shape.n_head, shape.n_embd
        self.qkv = nn.Linear(shape.n_embd, 3 * shape.n_embd, bias=False)
        self.projection = nn.Linear(shape.n_embd, shape.n_embd, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, c = x.size()
        q, k, v = self.qkv(x).split(self.n_embd, dim=2)
        q = q.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        k = k.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        v = v.view(b, t, self.n_head, c // self.n_head).transpose(1, 2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: torch.Tensor = self.projection(y.transpose(1, 2).contiguous().view(b, t, c))
        return out


class MLP(nn.Module):
    def __init__(self, shape: Model) -> None:
        super().__init__()
        self.expand = nn.Linear(shape.n_embd, 4 * shape.n_embd, bias=False)
        self.projection = nn.Linear(4 * shape.n_embd, shape.n_embd, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.projection(F.gelu(self.expand(x)))
        return out


class Block(nn.Module):
    def __init__(self, shape: Model) -> None:
        super().__init__()
        self.attention_norm, self.attention = LayerNorm(shape.n_embd), Attention(shape)
        self.mlp_norm, self.mlp = LayerNorm(shape.n_embd), MLP(shape)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attention_norm(x))
        out: torch.Tensor = x + self.mlp(self.mlp_norm(x))
        return out


class PlainGPT(nn.Module):
    """Its parameters bear the names of the engine's own, so that one's weights load into the other."""

    def __init__(self, shape: Model, vocab_size: int) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(vocab_size, shape.n_embd)
        self.position_embedding = nn.Embedding(shape.context_length, shape.n_embd)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layer))
        self.final_norm = LayerNorm(shape.n_embd)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, time) of token numbers to (batch, time, vocabulary) of logits."""
        positions = torch.arange(0, tokens.size(1), dtype=torch.long, device=tokens.device)
        x = self.token_embedding(tokens) + self.position_embedding(positions)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.final_norm(x), self.token_embedding.weight)


class ReferenceTraining:
    """`starts` (steps, batch) says where in `tokens` each window of each step begins."""

    def __init__(
        self, experiment: Experiment, model: PlainGPT, tokens: npt.NDArray[np.uint16], starts: npt.NDArray[np.int64]
    ) -> None:
        self.model = model
        self.losses: list[float] = []
        self._tokens, self._starts = tokens, starts
        self._length = experiment.model.context_length
        self._rate = experiment.training.learning_rate
        self._optimizer = torch.optim.AdamW(model.parameters(), lr=self._rate, betas=(0.9, 0.95), weight_decay=0.0)
        self._step = 0

    def train(self, steps: int) -> None:
        """Makes `steps` steps."""
        self.model.train()
        for _ in range(steps):
            for group in self._optimizer.param_groups:
                group["lr"] = self._rate
            x, y = self._batch()
            logits = self.model(x)
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)
            self.losses.append(loss.item())
            self._step += 1

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        tokens, length, starts = self._tokens, self._length, self._starts[self._step]
        x = torch.stack([torch.from_numpy(tokens[i : i + length].astype(np.int64)) for i in starts])
        y = torch.stack([torch.from_numpy(tokens[i + 1 : i + 1 + length].astype(np.int64)) for i in starts])
        return x, y
