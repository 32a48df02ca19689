"""What carries gradients between the processes of a team, and counts what travels."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from torch._C._distributed_c10d import GradBucket

Exchange = Callable[["GradBucket"], "torch.futures.Future[torch.Tensor]"]
"""Turns a bucket of one rank's gradients into their mean over all ranks, in the bucket's own memory or in new one."""


class Wire:
    """The connection between `size` ranks, seen from one of them.

    `exchange` is what averages gradients. A technique may put another in its place, built on `summed` and `gathered`,
    which count. `bytes_sent` is what this rank has sent to others so far; `exchanging_s` how long the last gradients
    of all steps travelled, when nothing is left to compute meanwhile (`timed` on processors only). Exchanges have a
    process `group` to themselves: one of several messages goes on from a callback, while DDP itself may be telling who
    used which parameters, and within a group messages are told apart by their order alone.
    """

    def __init__(self, group: dist.ProcessGroup) -> None:
        self.group = group
        self.size = group.size()
        self.bytes_sent = self.exchanging_s = 0.0
        self.timed = False
        self.exchange: Exchange = self.average

    def carry(self, bucket: GradBucket) -> torch.futures.Future[torch.Tensor]:
        """What `exchange` gives, timed where these are the last gradients of a step and a clock can tell."""
        if not bucket.is_last() or bucket.buffer().is_cuda:
            return self.exchange(bucket)
        began, self.timed = time.perf_counter(), True
        return self.exchange(bucket).then(lambda done: self._arrived(done, began))

    def _arrived(self, done: torch.futures.Future[torch.Tensor], began: float) -> torch.Tensor:
        """What has come, noted before anybody goes on with it: else it might count for the step after."""
        self.exchanging_s += time.perf_counter() - began
        return done.value()

    def average(self, bucket: GradBucket) -> torch.futures.Future[torch.Tensor]:
        """The reference: every gradient travels as it is."""
        return self.summed(bucket.buffer().div_(self.size))

    def summed(self, tensor: torch.Tensor) -> torch.futures.Future[torch.Tensor]:
        """The sum of `tensor` over all ranks, which takes its place."""
        self.count_summed(tensor.nbytes)
        future: torch.futures.Future[list[torch.Tensor]] = dist.all_reduce(
            tensor, group=self.group, async_op=True
        ).get_future()
        return future.then(lambda done: done.value()[0])

    def gathered(self, tensor: torch.Tensor) -> torch.futures.Future[list[torch.Tensor]]:
        """Every rank's `tensor` (of the same shape everywhere), by rank."""
        self.bytes_sent += (self.size - 1) * tensor.nbytes
        parts = [torch.empty_like(tensor) for _ in range(self.size)]
        future: torch.futures.Future[Any] = dist.all_gather(parts, tensor, group=self.group, async_op=True).get_future()
        return future.then(lambda done: _when(done, parts))

    def count_summed(self, nbytes: int) -> None:
        """Counts a sum over `nbytes` of each rank: in a ring, every rank sends 2 (n - 1) / n of that."""
        self.bytes_sent += 2.0 * (self.size - 1) / self.size * nbytes


def _when(done: torch.futures.Future[Any], parts: list[torch.Tensor]) -> list[torch.Tensor]:
    done.value()  # raises what went wrong
    return parts
