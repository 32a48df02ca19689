"""Linear layers that multiply in 8 bits while a model trains, and are plain ones whenever it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

MULTIPLE = 16
"""The kernels take widths that are multiples of this; other layers stay as they are."""


def multiply_in_float8(model: torch.nn.Module, emulate: bool) -> list[str]:
    """Puts torchao's float8 layers in the place of the linear ones inside; the weights themselves stay as they are.

    `emulate` rounds as float8 does and multiplies in more bits, which works on any device and is slow. Returns the
    names of the linear layers that no kernel takes. Raises ValueError where not one layer is left.
    """
    import torch
    from torchao.float8 import Float8LinearConfig, convert_to_float8_training

    inside: list[str] = []
    left_out: list[str] = []

    def fits(module: torch.nn.Module, path: str) -> bool:
        if type(module) is not torch.nn.Linear or path == "head":
            return False
        if module.in_features % MULTIPLE or module.out_features % MULTIPLE:
            left_out.append(path)
            return False
        inside.append(path)
        return True

    convert_to_float8_training(
        model, config=Float8LinearConfig(emulate=emulate, pad_inner_dim=True), module_filter_fn=fits
    )
    if not inside:
        raise ValueError(f"the model has no linear layer whose widths are multiples of {MULTIPLE}")
    return left_out


@contextmanager
def plain_layers(model: torch.nn.Module) -> Iterator[None]:
    """Inside the block, plain linear layers hold the same weights: what is looked at, compressed and saved."""
    import torch
    from torchao.float8.float8_linear import Float8Linear

    swapped = []
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, Float8Linear):
                plain = torch.nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
                plain.weight, plain.bias = layer.weight, layer.bias
                plain.train(layer.training)
                setattr(parent, name, plain)
                swapped.append((parent, name, layer))
    try:
        yield
    finally:
        for parent, name, layer in swapped:
            layer.train(parent.training)
            setattr(parent, name, layer)
