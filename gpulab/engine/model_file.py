"""Finished models on disk: safetensors, quantized weights taken apart by torchao's own flattening; no pickle."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from gpulab.spec.plan import Plan


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a safetensors file through to the disk. Raises OSError where the disk does not take it."""
    try:
        save_file({name: value.detach().contiguous() for name, value in tensors.items()}, path, metadata)
    except SafetensorError as error:  # what safetensors makes of a full disk
        raise OSError(str(error)) from error
    with path.open("rb") as file:
        os.fsync(file.fileno())


def save_model(model: torch.nn.Module, plan: Plan, path: Path) -> int:
    """Writes the weights of `model` in one piece, its plan beside them as metadata; returns the file's bytes.

    Raises OSError where it cannot be written.
    """
    from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict  # slow to import

    tensors, metadata = flatten_tensor_state_dict(model.state_dict())
    metadata = {**metadata, "plan": msgspec.json.encode(plan).decode()}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_tensors(tensors, draft, metadata)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return path.stat().st_size
