"""How a batch reaches the device: it is there already, it is sent when it is needed, or it was sent ahead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

import torch

Transfer = Literal["device", "pageable", "pinned"]

Gather = Callable[[int, int], torch.Tensor]
"""Given step and micro-step: the windows, (batch, time + 1), from where the text is kept. A pure function."""


class Sender(Protocol):
    """Brings the windows of a micro-step to the device; the same windows, whichever way."""

    def fetch(self, gather: Gather, step: int, micro: int) -> torch.Tensor: ...


def sender(transfer: Transfer, device: torch.device, accumulation: int) -> Sender:
    """The sender that `transfer` names. `pinned` needs a CUDA device."""
    return SentAhead(device, accumulation) if transfer == "pinned" else Sent(device)


class Sent:
    """Sends when asked, and waits; where the text is kept on the device, there is nothing to send."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def fetch(self, gather: Gather, step: int, micro: int) -> torch.Tensor:
        return gather(step, micro).to(self._device)


class SentAhead:
    """Sends the batch that comes next from pinned memory, in a stream of its own, while the device computes."""

    def __init__(self, device: torch.device, accumulation: int) -> None:
        self._device, self._accumulation = device, accumulation
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._ahead: dict[tuple[int, int], torch.Tensor] = {}

    def fetch(self, gather: Gather, step: int, micro: int) -> torch.Tensor:
        now = torch.cuda.current_stream(self._device)
        windows = self._ahead.pop((step, micro), None)
        if windows is None:
            windows = self._send(gather(step, micro))
        now.wait_stream(self._stream)
        windows.record_stream(now)  # its memory is not to be given away before the last use of it here
        following = (step, micro + 1) if micro + 1 < self._accumulation else (step + 1, 0)
        self._ahead = {following: self._send(gather(*following))}
        return windows

    def _send(self, windows: torch.Tensor) -> torch.Tensor:
        with torch.cuda.stream(self._stream):
            return windows.pin_memory().to(self._device, non_blocking=True)
