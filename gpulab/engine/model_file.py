"""Finished models on disk: safetensors, quantized weights taken apart by torchao's own flattening; no pickle.

A file carries its model's plan, with the shapes that pruning has left, and opens as that model again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch.sparse import SparseSemiStructuredTensor

from gpulab.engine.model import GPT
from gpulab.spec.plan import Plan
from gpulab.spec.problem import refuse
from gpulab.techniques.pruning import make_sparse

_SPARSE = "semi_sparse"


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a safetensors file through to the disk. Raises OSError where the disk does not take it."""
    try:
        save_file({name: value.detach().contiguous() for name, value in tensors.items()}, path, metadata)
    except SafetensorError as error:  # what safetensors makes of a full disk
        raise OSError(str(error)) from error
    with path.open("rb") as file:
        os.fsync(file.fileno())


def save_model(model: torch.nn.Module, path: Path) -> int:
    """Writes the weights of `model` in one piece, its plan beside them as metadata; returns the file's bytes.

    Raises OSError where it cannot be written.
    """
    from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict  # slow to import

    state = model.state_dict()
    sparse = [name for name, value in state.items() if isinstance(value, SparseSemiStructuredTensor)]
    tensors, metadata = flatten_tensor_state_dict({**state, **{name: state[name].to_dense() for name in sparse}})
    metadata = {**metadata, "plan": msgspec.json.encode(model.plan).decode()}
    if sparse:
        metadata[_SPARSE] = "2:4"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_tensors(tensors, draft, metadata)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return path.stat().st_size


def load_model(path: Path, device: torch.device | None = None) -> GPT:
    """The model that `save_model` wrote, pruned shapes and quantized weights included, in evaluation mode.

    What was stored for sparse kernels is so again on a GPU, and dense elsewhere: the numbers are the same.
    Raises BadInput where the file is missing, damaged, or none of GPU Lab's.
    """
    from torchao.prototype.safetensors.safetensors_support import unflatten_tensor_state_dict

    try:
        with safe_open(path, framework="pt", device=str(device or "cpu")) as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
        plan = msgspec.json.decode(metadata.get("plan", ""), type=Plan)
        state, _ = unflatten_tensor_state_dict(tensors, metadata)
        with torch.device("meta"):
            model = GPT(plan)
        model.load_state_dict(state, assign=True)
        if _SPARSE in metadata and device is not None and device.type == "cuda":
            make_sparse(model)
    except (OSError, SafetensorError, msgspec.DecodeError, RuntimeError, ValueError, KeyError) as error:
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise refuse("model_unreadable", path=str(path), detail=detail) from error
    return model.eval()
