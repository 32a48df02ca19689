"""Other numbers in the weights' place for as long as a model is looked at: their average, or the best there were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextmanager
def standing_in(tensors: Mapping[str, torch.Tensor], other: Callable[[str], torch.Tensor]) -> Iterator[None]:
    """Inside the block each of `tensors` holds the numbers that `other` gives for its name; then its own again."""
    import torch

    own = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    try:
        with torch.no_grad():
            for name, tensor in tensors.items():
                tensor.copy_(other(name))
        yield
    finally:
        with torch.no_grad():
            for name, tensor in tensors.items():
                tensor.copy_(own[name])
