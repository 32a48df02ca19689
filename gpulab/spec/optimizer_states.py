"""What each optimizer keeps between two steps, in bytes: exact, from names and shapes alone."""

from __future__ import annotations

from math import prod

_SHORT_FROM = 4096
_BLOCKS = {8: 256, 4: 128}


def optimizer_state_bytes(optimizer: str, name: str, shape: tuple[int, ...], weight_bytes: int) -> float:
    """Bytes for the parameter called `name`, whose numbers take `weight_bytes` each; counts of steps left out."""
    count = prod(shape)
    match optimizer:
        case "adamw_8bit" | "adamw_4bit":
            return 2 * _short_bytes(count, 8 if optimizer == "adamw_8bit" else 4, weight_bytes)
        case "adafactor":
            matrix = len(shape) > 1
            return weight_bytes * (count // shape[-1] + count // shape[-2] if matrix else count)
        case "muon":
            return weight_bytes * count * (1 if _hidden(name, shape) else 2)
        case "sgd" | "lion":
            return weight_bytes * count
    return weight_bytes * count * 2


def _short_bytes(count: int, bits: int, weight_bytes: int) -> float:
    """One running average: short numbers, a scale for each block of them, the table of what they mean.

    Small tensors, and those that are no whole number of blocks, keep full length.
    """
    if count < _SHORT_FROM or count % _BLOCKS[bits]:
        return weight_bytes * count
    table: int = 4 << bits
    return count * bits / 8 + 4 * count / _BLOCKS[bits] + table


def _hidden(name: str, shape: tuple[int, ...]) -> bool:
    """Whether Muon moves it: a matrix that is neither an embedding nor the output head."""
    return len(shape) == 2 and not name.endswith("embedding.weight") and name != "head.weight"
