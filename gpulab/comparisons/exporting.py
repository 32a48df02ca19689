"""A finished run's model in a file that explains itself, to be used elsewhere.

An exported model is the run's own safetensors file, tensor for tensor, with the experiment and the tokenizer added to
the metadata of its header, where the shapes stand already; a JSON file beside it says the same for people and scripts.
The header is rewritten here and no tensor is touched, so that neither torch nor the model's memory is needed.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from gpulab import __version__
from gpulab.runs.files import not_writable, read_json, write_whole
from gpulab.runs.folder import EXPERIMENT, existing
from gpulab.runs.models import COMPRESSED, model_path
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.jobs import Part
from gpulab.spec.problem import refuse
from gpulab.techniques import REGISTRY
from gpulab.text.earlier import tokenizer_in

SUFFIX = ".safetensors"
FORMAT = 1

_LENGTH_BYTES = 8
_LARGEST_HEADER = 100_000_000  # what safetensors allows
_CHUNK = 1 << 20

Header = dict[str, Any]


class Exported(msgspec.Struct, frozen=True):
    """What was written: the model, its config, and the bytes of the model."""

    path: Path
    config: Path
    bytes: int


def export(run: Path, part: Part, out: Path, overwrite: bool = False) -> Exported:
    """Writes the run's model to `out` and its config to the same name with `.json`; both can be read back.

    With `overwrite`, an earlier export there is replaced. Raises BadInput where the run has no finished model, it is
    damaged, or `out` cannot be written; nothing half written is left behind.
    """
    run_dir = existing(run)
    source, config = model_path(run_dir, part), out.with_suffix(".json")
    if not source.is_file():
        raise refuse("no_finished_model", path=str(run))
    if config == out:
        raise refuse("model_needs_suffix", "out", path=str(out), suffix=SUFFIX)
    if out.exists() and (not overwrite or out.samefile(source)):
        raise refuse("file_exists", "out", path=str(out))
    if config.exists() and not (overwrite and _is_ours(config)):
        raise refuse("file_exists", "out", path=str(config))
    experiment, tokenizer = load(run_dir / EXPERIMENT, REGISTRY), tokenizer_in(run_dir).state()
    header = _read_header(source)
    metadata = {**header["__metadata__"], **_described(run_dir, experiment, tokenizer)}
    digest = _write(source, {**header, "__metadata__": metadata}, out)
    table = {
        "format": FORMAT,
        "gpulab": __version__,
        "run": run_dir.name,
        "part": "compressed" if source.name == COMPRESSED else "trained",
        "file": out.name,
        "bytes": out.stat().st_size,
        "sha256": digest,
        "plan": msgspec.json.decode(header["__metadata__"]["plan"]),
        "tokenizer": tokenizer,
        "experiment": encode(experiment),
    }
    try:
        write_whole(config, msgspec.json.format(msgspec.json.encode(table)))
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return Exported(out, config, out.stat().st_size)


def _is_ours(config: Path) -> bool:
    """Whether an earlier export wrote it: a file of somebody else's is never replaced."""
    table = read_json(config, dict)
    return table is not None and {"gpulab", "sha256", "plan"} <= table.keys()


def _described(run_dir: Path, experiment: Experiment, tokenizer: dict[str, str]) -> dict[str, str]:
    """What the header of an exported model says beside what the run's own file says."""
    return {
        "format": "pt",
        "gpulab": __version__,
        "run": run_dir.name,
        "experiment": msgspec.json.encode(encode(experiment)).decode(),
        "tokenizer": msgspec.json.encode(tokenizer).decode(),
    }


def _read_header(path: Path) -> Header:
    """The header of a model of GPU Lab's. Raises BadInput where it is damaged or none."""
    try:
        with path.open("rb") as file:
            header = msgspec.json.decode(_header_bytes(file), type=Header)
        ends = [each["data_offsets"][1] for name, each in header.items() if name != "__metadata__"]
        length = path.stat().st_size - _data_begins(path)
        if max(ends) != length or "plan" not in header["__metadata__"]:
            raise ValueError("it is cut, or none of GPU Lab's")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise refuse("model_unreadable", path=str(path), detail=str(error) or type(error).__name__) from error
    return header


def _header_bytes(file: BinaryIO) -> bytes:
    length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    if not 0 < length <= _LARGEST_HEADER:
        raise ValueError("it does not begin as a safetensors file")
    return file.read(length)


def _data_begins(path: Path) -> int:
    with path.open("rb") as file:
        return _LENGTH_BYTES + int.from_bytes(file.read(_LENGTH_BYTES), "little")


def _write(source: Path, header: Header, out: Path) -> str:
    """Writes `header` and the tensors of `source` to `out` in one piece; returns the file's SHA-256.

    What was written is read again and compared, so that a disk that lies is found out now.
    """
    content = msgspec.json.encode(header)
    content += b" " * (-len(content) % 8)  # tensors begin at a multiple of 8, as safetensors wants it
    written = hashlib.sha256()
    with _draft(out) as draft:
        with source.open("rb") as tensors, draft.open("wb") as file:
            tensors.seek(_data_begins(source))
            chunks = iter(lambda: tensors.read(_CHUNK), b"")
            for chunk in itertools.chain((len(content).to_bytes(_LENGTH_BYTES, "little"), content), chunks):
                written.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        with draft.open("rb") as file:
            again = hashlib.file_digest(file, "sha256")
        if again.digest() != written.digest():
            raise OSError("it reads back differently")
        draft.replace(out)
    return written.hexdigest()


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """A file beside `out` that does not outlive a failure. Raises BadInput where the disk does not take it."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        yield draft
    except OSError as error:
        raise not_writable(out, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
