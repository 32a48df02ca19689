"""Tensors that hold other tensors, such as torchao's optimizer states in 8 and 4 bits: seen through, taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import is_traceable_wrapper_subclass


def plain_tensors(tensor: torch.Tensor) -> Iterator[torch.Tensor]:
    """The ordinary tensors that `tensor` consists of: itself, unless it is a wrapper around others."""
    if not wraps(tensor):
        yield tensor
        return
    for name in _flattened(tensor)[0]:
        yield from plain_tensors(getattr(tensor, name))


def true_bytes(tensor: torch.Tensor) -> int:
    """Bytes that `tensor` really takes; a wrapper's own `nbytes` counts the numbers it stands for."""
    return sum(part.nbytes for part in plain_tensors(tensor))


def taken_apart(tensor: torch.Tensor) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
    """What a known wrapper is besides tensors (plain values for JSON), and its tensors by name; None for the rest."""
    if not wraps(tensor):
        return None
    name = type(tensor).__name__
    if type(tensor) is not _known(name):
        raise TypeError(f"a {name} cannot be written to a checkpoint")
    parts, context = _flattened(tensor)
    facts = {"kind": name, "context": [_plain(value) for value in context]}
    return facts, {part: getattr(tensor, part) for part in parts}


def put_together(facts: Mapping[str, Any], parts: dict[str, torch.Tensor]) -> torch.Tensor:
    """Undoes `taken_apart`. Raises KeyError for a kind that this version does not know."""
    context = [_unplain(value) for value in facts["context"]]
    whole: torch.Tensor = _known(facts["kind"]).__tensor_unflatten__(parts, context)
    return whole


def wraps(tensor: torch.Tensor) -> bool:
    """Whether `tensor` is a wrapper around others."""
    return is_traceable_wrapper_subclass(tensor)


def _flattened(tensor: Any) -> tuple[list[str], Any]:
    """torch's protocol for wrappers: the names of the tensors inside, and what is needed besides."""
    names, context = tensor.__tensor_flatten__()
    return names, context


def _known(name: str) -> Any:
    """The class called `name`. A file names only these: it never decides what code is run."""
    from torchao.optim.subclass_4bit import OptimState4bit  # slow to import
    from torchao.optim.subclass_8bit import OptimState8bit

    return {"OptimState8bit": OptimState8bit, "OptimState4bit": OptimState4bit}[name]


def _plain(value: object) -> object:
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    return {"shape": list(value)} if isinstance(value, tuple) else value


def _unplain(value: object) -> object:
    if isinstance(value, dict):
        return getattr(torch, value["dtype"]) if "dtype" in value else torch.Size(value["shape"])
    return value
