"""A terminal gets a bar with the time left, a log file gets a line now and then."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Protocol

from gpulab.cli.output import figure, tell
from gpulab.events.documents import AnyDocument, Notice
from gpulab.runs.digest import Digest
from gpulab.words import sentence

if TYPE_CHECKING:
    from tqdm import tqdm

_LINE_S = 10.0


class Progress(Protocol):
    """Shows what came; `digest` has taken it in already."""

    def show(self, documents: Sequence[AnyDocument], digest: Digest) -> None: ...


@contextmanager
def progress() -> Iterator[Progress]:
    """What suits stderr."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()


class Lines:
    """A line at each notice, else at most one in ten seconds."""

    def __init__(self) -> None:
        self._next_at = 0.0

    def show(self, documents: Sequence[AnyDocument], digest: Digest) -> None:
        for document in documents:
            if isinstance(document, Notice):
                tell(sentence(document.key, document.arguments))
        if digest.step and documents and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + _LINE_S
            of = f" of {digest.steps:,}" if digest.steps else ""
            tell(", ".join(filter(None, (f"step {digest.step:,}{of}", _losses(digest)))))


class Bar:
    """A tqdm bar, which appears with the first step. A terminal that hides its size counts as 80 by 24."""

    def __init__(self) -> None:
        self._bar: tqdm[NoReturn] | None = None

    def show(self, documents: Sequence[AnyDocument], digest: Digest) -> None:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread of its own: it is updated ten times a second anyway
        if self._bar is None and (digest.steps or digest.step) and documents:
            columns, lines = shutil.get_terminal_size()
            self._bar = tqdm(
                total=digest.steps or None, initial=digest.step, unit="step", miniters=1, ncols=columns, nrows=lines
            )
        for document in documents:
            if isinstance(document, Notice):
                tqdm.write(sentence(document.key, document.arguments), file=sys.stderr)
        if self._bar is not None and digest.step > self._bar.n:
            self._bar.set_postfix_str(_losses(digest, short=True), refresh=False)
            self._bar.update(digest.step - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _losses(digest: Digest, short: bool = False) -> str:
    """The latest losses; `short` leaves a bar of 80 columns some room to be a bar."""
    train, held_out = ("train", "val") if short else ("training loss", "validation loss")
    named = {"train_loss": train, "val_loss": held_out}
    return ", ".join(f"{label} {figure(digest.values[key])}" for key, label in named.items() if key in digest.values)
