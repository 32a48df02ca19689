"""Keys and values that attention has worked out before, so that writing a token costs one position and not all.

    cache = Cache(plan)                       # empty; `Cache(plan, quantized=True)` stores 8-bit numbers
    logits = model(prompt, cache)             # (batch, prompt, vocabulary); the cache now holds the prompt
    logits = model(next_token, cache)         # (batch, 1, vocabulary); the same as the last one without a cache
    cache.clear()                             # empty again, its memory kept

`cache.length` says how many positions it holds. Positions are numbered from its beginning, so it ends where the
model's context ends: a step beyond that raises ValueError, and whoever writes on must clear it and read the last
tokens again. Meant for a model in evaluation mode; no gradient flows through stored numbers.

There is one entry for each layer that is passed through, so layers that share their weights have one each. Grouped
queries store as many heads as there are keys. In 8 bits each head's vector at each position has a scale of its own,
its largest number / 127 (Liu et al., KIVI, 2024, arXiv:2402.02750, weigh this against other groups).
"""

from __future__ import annotations

import torch

from gpulab.spec.plan import Plan


class Cache:
    """The keys and values of all layers. Memory for the whole context is taken when a layer first stores something."""

    def __init__(self, plan: Plan, quantized: bool = False) -> None:
        self.quantized = quantized
        self.context_length = plan.context_length
        self.layers = [LayerCache(plan.context_length, quantized) for _ in range(plan.n_layer)]

    @property
    def length(self) -> int:
        """Positions that are held."""
        return self.layers[0].length if self.layers else 0

    @property
    def nbytes(self) -> int:
        """Bytes that the held positions take, scales included."""
        return sum(layer.nbytes for layer in self.layers)

    def clear(self) -> None:
        """Forgets all positions."""
        self.shorten(0)

    def shorten(self, length: int) -> None:
        """Forgets all positions but the first `length`. Raises ValueError where there are fewer."""
        if not 0 <= length <= self.length:
            raise ValueError(f"of {self.length} positions the first {length} cannot be kept")
        for layer in self.layers:
            layer.length = length


def cache_for(model: torch.nn.Module) -> Cache | None:
    """An empty cache as the plan of `model` wants it for writing, or None where it wants none."""
    plan = model.plan
    assert isinstance(plan, Plan)
    return None if plan.kv_cache == "none" else Cache(plan, quantized=plan.kv_cache == "int8")


class LayerCache:
    """The keys and values of one layer."""

    def __init__(self, context_length: int, quantized: bool) -> None:
        self.length = 0
        self._stores = tuple((_Rounded if quantized else _Exact)(context_length) for _ in range(2))

    @property
    def nbytes(self) -> int:
        return sum(store.nbytes(self.length) for store in self._stores)

    def extend(self, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Adds (batch, heads, new positions, head width) of keys and values; returns those of all positions."""
        begin, self.length = self.length, self.length + k.shape[2]
        keys, values = (store.put(begin, part) for store, part in zip(self._stores, (k, v), strict=True))
        return keys, values


class _Exact:
    """Numbers as they are."""

    def __init__(self, context_length: int) -> None:
        self._context_length = context_length
        self._numbers: torch.Tensor | None = None

    def put(self, begin: int, new: torch.Tensor) -> torch.Tensor:
        end = begin + new.shape[2]
        self._numbers = _room(self._numbers, new, self._context_length)
        self._numbers[:, :, begin:end] = new.detach()
        return self._numbers[:, :, :end]

    def nbytes(self, length: int) -> int:
        return 0 if self._numbers is None else self._numbers[:, :, :length].nbytes


class _Rounded:
    """Numbers in 8 bits with a 32-bit scale for each head and position."""

    def __init__(self, context_length: int) -> None:
        self._codes, self._scales = _Exact(context_length), _Exact(context_length)

    def put(self, begin: int, new: torch.Tensor) -> torch.Tensor:
        scales = new.float().abs().amax(dim=-1, keepdim=True).clamp(min=1e-12) / 127.0
        codes = (new.float() / scales).round().to(torch.int8)
        return (self._codes.put(begin, codes).float() * self._scales.put(begin, scales)).to(new.dtype)

    def nbytes(self, length: int) -> int:
        return self._codes.nbytes(length) + self._scales.nbytes(length)


def _room(numbers: torch.Tensor | None, new: torch.Tensor, context_length: int) -> torch.Tensor:
    """Memory for the whole context of what `new` is a part of; what is there is used again where it fits."""
    batch, heads, _, width = new.shape
    wanted = (batch, heads, context_length, width)
    if numbers is None or numbers.shape != wanted or numbers.dtype != new.dtype or numbers.device != new.device:
        return new.new_zeros(wanted)
    return numbers
