"""Packs a comparison or a run into one file for another machine, and opens such a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpulab.cli.output import give, give_json, size, tell
from gpulab.spec.problem import refuse

if TYPE_CHECKING:
    from gpulab.comparisons.bundle import Packed
    from gpulab.comparisons.unpacking import Progress


def add_verbs(verbs: Any) -> None:
    packing = verbs.add_parser("pack", help="pack a comparison or a run into one file for another machine")
    packing.add_argument("folder", type=Path, metavar="DIR", help="the folder of a comparison or of a run")
    packing.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bundle to write")
    packing.add_argument("--models", action="store_true", help="with the trained models (never with checkpoints)")
    packing.add_argument("--lock", action="store_true", help="lock it with a passphrase, which is asked for")
    _add_passphrase_file(packing, "lock it with the first line of FILE")
    packing.add_argument("--json", action="store_true", help="print one object")
    packing.set_defaults(do=_pack)

    unpacking = verbs.add_parser("unpack", help="check a bundle and unpack it")
    unpacking.add_argument("file", type=Path, metavar="FILE", help="the bundle")
    unpacking.add_argument("--out", type=Path, metavar="DIR", help="the folder to make (one in the app's own place)")
    _add_passphrase_file(unpacking, "unlock it with the first line of FILE")
    unpacking.set_defaults(do=_unpack)


def _add_passphrase_file(verb: argparse.ArgumentParser, help_: str) -> None:
    verb.add_argument("--passphrase-file", type=Path, metavar="FILE", help=help_)


def _pack(options: argparse.Namespace) -> int:
    from gpulab.comparisons.bundle import pack  # with numpy, which other commands need not wait for

    if options.out.exists():
        raise refuse("file_exists", path=str(options.out))
    passphrase = _passphrase(options, twice=True) if options.lock or options.passphrase_file else None
    with _progress() as progress:
        packed = pack(options.folder, options.out, models=options.models, passphrase=passphrase, progress=progress)
    _say(packed)
    if options.json:
        give_json(_as_table(packed))
    else:
        give(str(packed.path))
    return 0


def _say(packed: Packed) -> None:
    tell(f"Packed {packed.files:,} files into {size(packed.bytes)}.")
    if packed.told:
        tell("It tells whoever opens it these paths of this machine: " + ", ".join(packed.told))
    if packed.gone:
        tell("These runs are not there any more and are missing from it: " + ", ".join(packed.gone))


def _as_table(packed: Packed) -> dict[str, Any]:
    return {
        "path": str(packed.path),
        "bytes": packed.bytes,
        "files": packed.files,
        "locked": packed.lock is not None,
        "paths": list(packed.told),
        "gone": list(packed.gone),
    }


def _unpack(options: argparse.Namespace) -> int:
    from gpulab.comparisons.unpacking import is_locked, unpack

    asked = options.passphrase_file or is_locked(options.file)
    passphrase = _passphrase(options, twice=False) if asked else None
    with _progress() as progress:
        give(str(unpack(options.file, options.out, passphrase, progress)))
    return 0


def _passphrase(options: argparse.Namespace, twice: bool) -> str:
    from gpulab.comparisons.sealing import passphrase_in

    if options.passphrase_file:
        return passphrase_in(options.passphrase_file)
    if not sys.stdin.isatty():
        raise refuse("passphrase_not_asked")
    from getpass import getpass

    passphrase = getpass("Passphrase: ")
    if twice and getpass("The same again: ") != passphrase:
        raise refuse("passphrases_differ")
    if not passphrase:
        raise refuse("passphrase_empty")
    return passphrase


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, once there is something to wait for."""
    from gpulab.comparisons.unpacking import nobody

    if not sys.stderr.isatty():
        yield nobody
        return
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no thread of its own
    with tqdm(unit="B", unit_scale=True, disable=None, delay=1.0) as bar:

        def show(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield show
