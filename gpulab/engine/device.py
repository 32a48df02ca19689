"""What is asked of a device from outside the arithmetic."""

from __future__ import annotations

import torch


def wait_for(device: torch.device) -> None:
    """Waits until everything that was handed to `device` is done: no clock may be read before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
