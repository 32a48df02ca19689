"""What is asked of a device from outside the arithmetic."""

from __future__ import annotations

import torch


def wait_for(device: torch.device) -> None:
    """Waits until everything that was handed to `device` is done: no clock may be read before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def make_current(device: torch.device) -> None:
    """Makes a GPU the one that kernels run on which ask nobody: those of libraries, written for the first one."""
    if device.type == "cuda":
        torch.cuda.set_device(device)
