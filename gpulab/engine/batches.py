"""Which pieces of text a step reads: a pure function of seed and step, so that any step can be drawn again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from gpulab.engine.offsets import Offsets, WindowOffsets
from gpulab.engine.transfer import Transfer, sender

Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs and targets, both (batch, time) of token numbers; a target is the token after its input."""

_WHOLE = slice(None)


class TrainingBatches:
    """Windows of the training tokens, which live where `transfer` says; of each batch, `share` is drawn."""

    def __init__(
        self,
        tokens: npt.NDArray[np.integer],
        batch_size: int,
        context_length: int,
        seed: int,
        device: torch.device,
        offsets: Offsets = "random",
        accumulation: int = 1,
        share: slice = _WHOLE,
        transfer: Transfer = "device",
    ) -> None:
        home = device if transfer == "device" else torch.device("cpu")
        self._tokens = torch.from_numpy(tokens.astype(np.int32)).to(home)
        self._window = torch.arange(context_length + 1, device=home)
        self._sender = sender(transfer, device, accumulation)
        self._offsets = WindowOffsets(len(tokens), context_length, batch_size, accumulation, seed, offsets)
        self._share = share

    def draw(self, step: int, micro: int) -> Batch:
        """The batch of micro-step `micro` of `step`."""
        windows = self._sender.fetch(self._gather, step, micro)
        return windows[:, :-1], windows[:, 1:]

    def _gather(self, step: int, micro: int) -> torch.Tensor:
        starts = self._offsets.of(step, micro)[self._share]
        starts_there = torch.from_numpy(starts).to(self._tokens.device, non_blocking=True)
        return self._tokens[starts_there[:, None] + self._window].long()


def fixed_windows(tokens: npt.NDArray[np.integer], context_length: int, most: int | None = None) -> Batch:
    """Windows that never change: at most `most`, evenly spaced and not overlapping; all of them without `most`.

    Inputs and targets are (windows, context_length), on the CPU.
    """
    count = (len(tokens) - 1) // context_length
    chosen = np.arange(count) if most is None or most >= count else np.linspace(0, count - 1, most).astype(np.int64)
    starts = chosen[:, None] * context_length
    places = starts + np.arange(context_length + 1)
    windows = torch.from_numpy(tokens[places].astype(np.int64))
    return windows[:, :-1], windows[:, 1:]
