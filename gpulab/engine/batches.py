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

_AT_ONCE = 2**16
"""About how many tokens are gathered at once, for steps to come too: a short step is spared what drawing one costs."""


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
        kept = torch.from_numpy(tokens.astype(np.int32)).to(home)
        self._windows = kept.unfold(0, context_length + 1, 1)  # every window there is, as a view
        self._sender = sender(transfer, device, accumulation)
        self._offsets = WindowOffsets(len(tokens), context_length, batch_size, accumulation, seed, offsets)
        self._share, self._accumulation = share, accumulation
        self._block_of = max(1, _AT_ONCE // ((context_length + 1) * batch_size))
        self._number, self._block = -1, torch.empty(0)

    def draw(self, step: int, micro: int) -> Batch:
        """The batch of micro-step `micro` of `step`."""
        windows = self._sender.fetch(self._gather, step, micro)
        return windows[:, :-1], windows[:, 1:]

    def _gather(self, step: int, micro: int) -> torch.Tensor:
        number, place = divmod(step * self._accumulation + micro, self._block_of)
        if number != self._number:
            self._number, self._block = number, self._gather_block(number * self._block_of)
        return self._block[place]

    def _gather_block(self, first: int) -> torch.Tensor:
        """(micro-batches, batch, time + 1) of tokens, beginning with micro-batch number `first` of the training."""
        numbers = range(first, first + self._block_of)
        starts = np.stack([self._offsets.of(*divmod(number, self._accumulation))[self._share] for number in numbers])
        starts_there = torch.from_numpy(starts).to(self._windows.device, non_blocking=True)
        return self._windows.index_select(0, starts_there.flatten()).long().view(*starts.shape, -1)


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
