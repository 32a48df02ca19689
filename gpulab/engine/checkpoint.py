"""Everything a training needs to go on exactly where it was: safetensors for tensors, JSON for the rest, no pickle."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from gpulab.engine.model_file import write_tensors
from gpulab.engine.state import TrainingState
from gpulab.engine.subclasses import put_together, taken_apart
from gpulab.events.documents import Notice
from gpulab.spec.problem import Argument, refuse
from gpulab.techniques.base import Technique

FOLDER = "checkpoints"
_KEPT = 2


class Progress(msgspec.Struct, frozen=True):
    """What a checkpoint says besides tensors: steps done, seconds trained, best validation loss so far.

    `looked` is whether the validation due at this step, if one was, is on record; `joules` what was drawn, where that
    is known.
    """

    step: int
    seconds: float
    best_val_loss: float | None
    best_step: int
    looked: bool = True
    ended_early: bool = False
    joules: float | None = None


class _Manifest(msgspec.Struct, frozen=True):
    progress: Progress
    optimizer: dict[str, Any]
    techniques: dict[str, dict[str, Any]]


def save(run_dir: Path, state: TrainingState, techniques: Sequence[Technique], progress: Progress) -> tuple[Path, int]:
    """Writes a checkpoint in one piece; returns its path and its size in bytes. Older ones but one are removed.

    All ranks of a team call this together. Raises OSError, on all of them, where the disk is full; the checkpoints that
    were there stay.
    """
    team, folder = state.team, run_dir / FOLDER
    final, draft = folder / f"step-{progress.step:08d}", folder / f".draft-{team.identity}"

    def write() -> None:
        with team.leader_first():
            if team.leads:
                _write(draft, state, techniques, progress)
            else:
                _write_own(draft, team.rank, techniques)

    def put_in_place() -> None:
        if team.leads:
            _put_in_place(draft, final)

    try:
        for part in (write, put_in_place):
            error = _error_of(part)
            if not team.everybody(error is None):
                raise error or OSError("another worker could not write its part")
    except BaseException:
        if team.leads:
            shutil.rmtree(draft, ignore_errors=True)
        raise
    return final, sum(file.stat().st_size for file in final.iterdir())


def _error_of(part: Callable[[], None]) -> OSError | None:
    try:
        part()
    except OSError as error:
        return error
    return None


def _put_in_place(draft: Path, final: Path) -> None:
    if final.exists():
        shutil.rmtree(final)
    draft.rename(final)
    for old in sorted(final.parent.glob("step-*"))[:-_KEPT]:
        shutil.rmtree(old)


def load_newest(run_dir: Path, state: TrainingState, techniques: Sequence[Technique]) -> Progress:
    """Puts the newest checkpoint that can be read into `state` and `techniques`; a notice names each that cannot.

    All ranks of a team call this together and get the same one, each with its own part. Raises BadInput where there is
    none, or where all are damaged.
    """
    found = sorted((run_dir / FOLDER).glob("step-*"), reverse=True)
    if not found:
        raise refuse("no_checkpoint", path=str(run_dir))
    damage: list[dict[str, Argument]] = []
    for folder in found:
        progress, detail = None, "another worker's part cannot be read"
        try:
            progress = _read(folder, state, techniques)
        except (SafetensorError, msgspec.DecodeError, OSError, RuntimeError, KeyError, ValueError) as error:
            detail = (str(error).splitlines() or [type(error).__name__])[0]
        if state.team.everybody(progress is not None) and progress:
            for arguments in damage:
                state.emit(Notice(key="older_checkpoint_used", severity="warning", arguments=arguments))
            return progress
        damage.append({"path": str(folder), "detail": detail})
    raise refuse("checkpoint_damaged", path=damage[0]["path"], detail=damage[0]["detail"])


def _write(draft: Path, state: TrainingState, techniques: Sequence[Technique], progress: Progress) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    tensors = {f"model.{name}": value for name, value in state.model.state_dict().items()}
    optimizer_plain, optimizer_tensors = _parted(state.optimizer.state_dict())
    tensors |= {f"optimizer.{name}": value for name, value in optimizer_tensors.items()}
    plain, own = _states_of(techniques)
    write_tensors(tensors | own, draft / "tensors.safetensors")
    manifest = _Manifest(progress, optimizer_plain, plain)
    _write_synced(draft / "manifest.json", msgspec.json.encode(manifest))


def _write_own(draft: Path, rank: int, techniques: Sequence[Technique]) -> None:
    """What only this rank knows, beside what the leader has written for all."""
    plain, tensors = _states_of([technique for technique in techniques if technique.per_rank])
    if plain:
        write_tensors(tensors, draft / _own_tensors(rank))
        _write_synced(draft / _own_manifest(rank), msgspec.json.encode(plain))


def _own_tensors(rank: int) -> str:
    return f"rank-{rank:02d}.safetensors"


def _own_manifest(rank: int) -> str:
    return f"rank-{rank:02d}.json"


def _states_of(techniques: Sequence[Technique]) -> tuple[dict[str, dict[str, Any]], dict[str, torch.Tensor]]:
    plain: dict[str, dict[str, Any]] = {}
    tensors: dict[str, torch.Tensor] = {}
    for technique in techniques:
        plain[technique.name], own = _parted(technique.state_dict())
        tensors |= {f"technique.{technique.name}.{name}": value for name, value in own.items()}
    return plain, tensors


def _read(folder: Path, state: TrainingState, techniques: Sequence[Technique]) -> Progress:
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=_Manifest)
    tensors = load_file(folder / "tensors.safetensors", device=str(state.device))
    state.model.load_state_dict(_under("model.", tensors))
    state.optimizer.load_state_dict(_joined(manifest.optimizer, _under("optimizer.", tensors)))
    plain = manifest.techniques
    if state.team.rank and any(technique.per_rank for technique in techniques):
        tensors |= load_file(folder / _own_tensors(state.team.rank), device=str(state.device))
        own_plain = msgspec.json.decode((folder / _own_manifest(state.team.rank)).read_bytes())
        plain = plain | own_plain
    for technique in techniques:
        own = _under(f"technique.{technique.name}.", tensors)
        technique.load_state_dict(_joined(plain[technique.name], own))
    state.step, state.ended_early = manifest.progress.step, manifest.progress.ended_early
    return manifest.progress


_TENSOR = "__tensor__"
_WRAPPER = "__wrapper__"


def _parted(tree: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """`tree` with each tensor replaced by a reference to it, and the tensors by their references."""
    tensors: dict[str, torch.Tensor] = {}

    def part(value: Any, path: str) -> Any:
        if isinstance(value, torch.Tensor):
            if apart := taken_apart(value):
                facts, parts = apart
                return {_WRAPPER: facts, "parts": part(parts, path)}
            tensors[path] = value
            return {_TENSOR: path}
        if isinstance(value, Mapping):
            # JSON knows text keys alone; the optimizer's are numbers, so each key keeps its kind.
            return [[key, part(inner, f"{path}.{key}")] for key, inner in value.items()]
        if isinstance(value, list | tuple):
            return {"list": [part(inner, f"{path}.{index}") for index, inner in enumerate(value)]}
        return {"value": value}

    return {"tree": part(dict(tree), "t")}, tensors


def _joined(plain: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Undoes `_parted`."""

    def join(node: Any) -> Any:
        if isinstance(node, list):
            return {key: join(inner) for key, inner in node}
        if _WRAPPER in node:
            return put_together(node[_WRAPPER], join(node["parts"]))
        if _TENSOR in node:
            return tensors[node[_TENSOR]]
        return [join(inner) for inner in node["list"]] if "list" in node else node["value"]

    whole: dict[str, Any] = join(plain["tree"])
    return whole


def _under(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
