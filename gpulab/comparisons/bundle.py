"""Packs a comparison, or one run, into a single file that opens on another machine and shows everything there.

It holds what was asked, the experiments, the records (curves, texts, summaries), how runs are called, and on demand the
models. It never holds checkpoints, the worker's log, or anything that names this machine's processes.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from gpulab import __version__
from gpulab.comparisons import container, unpacking
from gpulab.comparisons.gathering import Gathered, Source, gather
from gpulab.comparisons.manifest import FORMAT, MANIFEST, Manifest, Member, checked
from gpulab.comparisons.sealing import Cost, Sealing
from gpulab.comparisons.unpacking import Progress, nobody
from gpulab.runs.files import not_writable
from gpulab.spec.problem import refuse


class Packed(msgspec.Struct, frozen=True):
    """A finished bundle. `told` are paths of this machine that stand in it, `gone` are runs that were not found.

    `lock` is what locking took, where it is locked.
    """

    path: Path
    bytes: int
    files: int
    told: tuple[str, ...]
    gone: tuple[str, ...]
    lock: Cost | None = None


def pack(
    folder: Path, out: Path, *, models: bool = False, passphrase: str | None = None, progress: Progress = nobody
) -> Packed:
    """Packs `folder` into the file `out`, locked where there is a passphrase; one that stood there is replaced.

    The bundle is opened again before it takes its place. Raises BadInput, and whatever `progress` raises; nothing is
    left behind then.
    """
    gathered = gather(folder, models)
    done, total = 0, 4 * sum(source.size for source in gathered.sources)

    def tick(bytes_: int) -> None:
        nonlocal done
        done += bytes_
        progress(min(done, total), total)

    members = tuple(_member(source, tick) for source in gathered.sources)
    manifest = checked(_manifest(gathered, members, models), str(out))
    draft = out.with_name(f".{out.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        lock = _write(draft, manifest, gathered.sources, passphrase, tick)
        half = done
        unpacking.check(draft, passphrase, lambda now, of: progress(half + (total - half) * now // max(1, of), total))
        draft.replace(out)
    except BaseException as error:
        with suppress(OSError):  # where nothing can be written, nothing can be removed either
            draft.unlink()
        if isinstance(error, OSError):
            raise not_writable(out, error) from error
        raise
    told, gone = tuple(gathered.told), tuple(gathered.gone)
    return Packed(out, out.stat().st_size, len(members), told, gone, lock)


def _manifest(gathered: Gathered, members: tuple[Member, ...], models: bool) -> Manifest:
    made = datetime.now().astimezone().isoformat(timespec="seconds")
    return Manifest(FORMAT, gathered.kind, gathered.name, gathered.folder, __version__, made, models, members)


def _write(
    draft: Path, manifest: Manifest, sources: list[Source], passphrase: str | None, tick: container.Tick
) -> Cost | None:
    said = msgspec.json.format(msgspec.json.encode(manifest))

    def members() -> Iterator[tuple[str, int, bool, Iterator[bytes]]]:
        yield MANIFEST, len(said), True, iter([said])
        for source, member in zip(sources, manifest.files, strict=True):
            yield source.path, source.size, _packs_well(source), _as_hashed(source, member, tick)

    with draft.open("xb") as file:
        sealing = Sealing(file, passphrase) if passphrase is not None else None
        container.write(sealing or file, members())
        if sealing:
            sealing.close()
        file.flush()
        os.fsync(file.fileno())
    return sealing.cost if sealing else None


def _packs_well(source: Source) -> bool:
    """Trained weights are as good as noise."""
    return not source.path.endswith(".safetensors")


def _member(source: Source, tick: container.Tick) -> Member:
    digest = hashlib.sha256()
    for chunk in _chunks(source, tick):
        digest.update(chunk)
    return Member(source.path, source.size, digest.hexdigest())


def _as_hashed(source: Source, member: Member, tick: container.Tick) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in _chunks(source, tick):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != member.sha256:
        raise refuse("bundle_changed_meanwhile", path=str(source.file))


def _chunks(source: Source, tick: container.Tick) -> Iterator[bytes]:
    if source.file is None:
        tick(source.size)
        yield source.content
        return
    left = source.size
    try:
        with source.file.open("rb") as file:
            while left and (chunk := file.read(min(container.CHUNK, left))):
                left -= len(chunk)
                tick(len(chunk))
                yield chunk
    except OSError as error:
        detail = error.strerror or str(error)
        raise refuse("bundle_source_unreadable", path=str(source.file), detail=detail) from error
    if left:
        raise refuse("bundle_changed_meanwhile", path=str(source.file))
