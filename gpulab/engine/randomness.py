"""Named streams of chance: each use has its own, so that switching one thing on disturbs nothing else.

A stream is a pure function of the experiment's seed and its name, step number included. No generator carries state
from step to step, which is why a resumed run draws what an uninterrupted one would have drawn.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch


def stream_seed(seed: int, *name: str | int) -> int:
    """A 63-bit seed for the stream `name` of an experiment's `seed`."""
    digest = hashlib.blake2b(repr((seed, *name)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def torch_stream(seed: int, *name: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator at the beginning of the stream."""
    return torch.Generator(device).manual_seed(stream_seed(seed, *name))


def numpy_stream(seed: int, *name: str | int) -> np.random.Generator:
    """A numpy generator at the beginning of the stream."""
    return np.random.Generator(np.random.Philox(stream_seed(seed, *name)))


def start_dropout_stream(seed: int, step: int, device: torch.device, rank: int = 0) -> None:
    """Sets the device's own generator, which dropout draws from, to the stream of this step and rank."""
    own = torch.cuda.default_generators[device.index or 0] if device.type == "cuda" else torch.default_generator
    own.manual_seed(stream_seed(seed, "dropout", step, *of_rank(rank)))


def of_rank(rank: int) -> tuple[int, ...]:
    """How the name ends of a stream that each of several processes has for itself; the first has the common one."""
    return (rank,) if rank else ()
