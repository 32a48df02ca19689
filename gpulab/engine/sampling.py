"""How the next token is chosen from a model's guess: the likeliest, or one drawn from the likely ones."""

from __future__ import annotations

import math

import msgspec
import torch


class NotFinite(Exception):
    """The model's guess is no guess: among its numbers are some beyond all bounds."""


class Sampling(msgspec.Struct, frozen=True):
    """`temperature` 0 always takes the likeliest token. `top_k` 0 and `top_p` 1 leave all tokens in.

    `top_p` keeps the fewest of the likeliest tokens that reach this share of the chance (nucleus sampling, Holtzman et
    al., 2019, arXiv:1904.09751); both keep at least one token.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def draw(self, logits: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
        """A token, shape (1,), from `logits` (vocabulary,). Raises NotFinite where they leave nothing to draw from."""
        logits = logits.float()
        if self.temperature == 0.0:
            if not logits.isfinite().all():
                raise NotFinite
            return logits.argmax(keepdim=True)
        likely = torch.softmax(logits / self.temperature, dim=-1)
        if not likely.isfinite().all():
            raise NotFinite
        return torch.multinomial(self._kept(likely), 1, generator=chance)

    def _kept(self, likely: torch.Tensor) -> torch.Tensor:
        """`likely` (vocabulary,) with 0 for the tokens that are not drawn from."""
        if not 0 < self.top_k < len(likely) and self.top_p >= 1.0:
            return likely
        ordered, order = likely.sort(descending=True, stable=True)
        most = min(self.top_k or math.inf, len(likely))
        before = ordered.cpu().cumsum(0).to(ordered.device) - ordered  # torch adds up in a fixed order on the CPU only
        is_kept = (torch.arange(len(likely), device=likely.device) < most) & (before < self.top_p)
        is_kept[0] = True
        return torch.zeros_like(likely).index_put((order,), ordered * is_kept)
