"""Where the training windows of a micro-batch begin: a pure function of seed and step, so any can be drawn again."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from gpulab.engine.randomness import numpy_stream

Offsets = Literal["random", "grid"]


class WindowOffsets:
    """First tokens of windows over `tokens` tokens, `batch_size` to a micro-batch, `accumulation` of them to a step.

    `random` draws each anew, anywhere. `grid` cuts the text into windows that share no input, goes through all of
    them in an order of its own for each epoch, and begins the next epoch in the middle of a batch where it must.
    """

    def __init__(
        self, tokens: int, context_length: int, batch_size: int, accumulation: int, seed: int, offsets: Offsets
    ) -> None:
        self._last = tokens - (context_length + 1)
        self._context_length, self._batch_size, self._accumulation = context_length, batch_size, accumulation
        self._seed, self._offsets = seed, offsets
        self._epoch = -1
        self._order = np.empty(0, np.int64)

    def of(self, step: int, micro: int) -> npt.NDArray[np.int64]:
        """(batch,) of offsets into the text."""
        if self._offsets == "random":
            return numpy_stream(self._seed, "data", step, micro).integers(0, self._last + 1, self._batch_size)
        windows = self._last // self._context_length + 1
        first = (step * self._accumulation + micro) * self._batch_size
        places = np.arange(first, first + self._batch_size)
        epochs = places // windows
        chosen = [self._order_of(epoch, windows)[places[epochs == epoch] % windows] for epoch in np.unique(epochs)]
        return np.concatenate(chosen) * self._context_length

    def _order_of(self, epoch: int, windows: int) -> npt.NDArray[np.int64]:
        if epoch != self._epoch:
            self._order = numpy_stream(self._seed, "epoch", int(epoch)).permutation(windows)
            self._epoch = epoch
        return self._order
