"""The processes that train one model together, and how they decide and average as one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import torch
import torch.distributed as dist

from gpulab.engine.desk import Outcome, Stopped
from gpulab.engine.parallel.wire import Wire

T = TypeVar("T")

_PATIENCE = timedelta(days=365)  # a pause may last; a rank that dies is noticed because its connection closes
_MESSAGE_BYTES = 256


class Team:
    """All ranks of a training, seen from one of them. This base is a process that trains alone."""

    rank = 0
    size = 1
    wire: Wire | None = None
    """What gradients travel through; None where there is nobody to exchange them with."""

    @property
    def leads(self) -> bool:
        """Whether this rank decides, writes and looks."""
        return self.rank == 0

    @property
    def identity(self) -> int:
        """The pid that stands for the whole training."""
        return os.getpid()

    def share(self, count: int) -> slice:
        """This rank's part of `count` things, which the number of ranks divides."""
        own = count // self.size
        return slice(self.rank * own, (self.rank + 1) * own)

    def agree(self, ask: Callable[[], T]) -> T:
        """What `ask` gives on the leader, for everybody; it is called there alone, and gives plain values.

        Where it raises Stopped, every rank raises that. A float that is not finite would arrive as None.
        """
        return ask()

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader goes through what is inside before the others do: they find done what needs doing once."""
        if not self.leads:
            self.agree(_nothing)
        try:
            yield
        finally:
            if self.leads:
                self.agree(_nothing)

    def everybody(self, well: bool) -> bool:
        """Whether all ranks are well."""
        return well

    def mean(self, figures: torch.Tensor) -> torch.Tensor:
        """The mean of `figures` (any shape, on the CPU) over all ranks."""
        return figures

    def leave(self) -> None:
        """The training is over: whoever does not lead is done, and the leader has the machine for itself."""


def _nothing() -> None:
    pass


ALONE = Team()


class _Message(msgspec.Struct, array_like=True):
    value: Any = None
    stopped: Outcome | None = None


class Ranks(Team):
    """A team of several processes, connected through torch's default process group."""

    def __init__(self, rank: int, size: int, agent_pid: int, threads_alone: int) -> None:
        self.rank, self.size = rank, size
        self._agent_pid, self._threads_alone = agent_pid, threads_alone
        self.wire = Wire(dist.new_group(timeout=_PATIENCE))

    @property
    def identity(self) -> int:
        return self._agent_pid

    def agree(self, ask: Callable[[], T]) -> T:
        message = _Message()
        if self.leads:
            try:
                message.value = ask()
            except Stopped as stop:
                message.stopped = stop.outcome
        message = self._told(message)
        if message.stopped is not None:
            raise Stopped(message.stopped)
        value: T = message.value
        return value

    def _told(self, message: _Message) -> _Message:
        """The leader's `message`. As JSON of a fixed length it needs one broadcast, and nothing is unpickled."""
        letter = torch.zeros(_MESSAGE_BYTES, dtype=torch.uint8)
        if self.leads:
            content = msgspec.json.encode(message).ljust(_MESSAGE_BYTES)
            letter = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        dist.broadcast(letter, 0)
        return msgspec.json.decode(letter.numpy().tobytes(), type=_Message)

    def everybody(self, well: bool) -> bool:
        answers = torch.tensor([int(well)])
        dist.all_reduce(answers, op=dist.ReduceOp.MIN)
        return bool(answers.item())

    def mean(self, figures: torch.Tensor) -> torch.Tensor:
        total = figures.clone()
        dist.all_reduce(total)
        return total / self.size

    def leave(self) -> None:
        if self.leads:
            torch.set_num_threads(self._threads_alone)


def assemble(agent_pid: int, device: torch.device, threads_alone: int) -> Ranks:
    """Joins the process group that the elastic agent described in the environment; blocks until all are there.

    Orders and figures travel through gloo on the processor even where gradients go from GPU to GPU.
    """
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    return Ranks(dist.get_rank(), dist.get_world_size(), agent_pid, threads_alone)
