"""What memory is for: over one profiled step from the trace's allocations, and over the whole run at each look.

What is held before a step is known by name: weights, gradients, optimizer state. What comes and goes inside it is told
by its life. Whatever the forward pass leaves behind for the backward pass is an activation, whatever stands as some
parameter's gradient when the backward pass is over is a gradient, what the optimizer keeps is its state, and the rest
is workspace. So nothing is hooked into, and compiled models are read like all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch

from gpulab.engine.pipeline import Pipeline
from gpulab.engine.probes.memory import tensor_bytes
from gpulab.engine.probes.trace import Span, Trace
from gpulab.engine.state import TrainingState
from gpulab.engine.subclasses import plain_tensors
from gpulab.events.profile import PARTS, MemoryMoment

_POINTS = 160  # of a step's course: what a chart can show


class Allocation(NamedTuple):
    """Memory at `address` from `start` to `end`, seconds by the trace's clock."""

    start: float
    end: float
    address: int
    size: int


class StepMemory:
    """Notes what is held at the edges of the last profiled step; `moments` puts that together with the trace."""

    def __init__(self, state: TrainingState, pipeline: Pipeline) -> None:
        self._state, self._pipeline = state, pipeline
        self._held: dict[int, tuple[str, int]] = {}
        self._gradients: list[frozenset[int]] = []
        self._besides = 0

    def step_begins(self) -> None:
        """Forgets the step before."""
        self._held, self._gradients = dict(held_storages(self._state)), []
        known = sum(size for _, size in self._held.values())
        device = self._state.device
        if device.type == "cuda":
            self._besides = max(0, torch.cuda.memory_allocated(device) - known)
        else:
            self._besides = sum(tensor_bytes(technique.state_dict()) for technique in self._pipeline.techniques)

    def phase_left(self, name: str) -> None:
        """Called with each phase that ends."""
        if name == "backward":
            self._gradients.append(frozenset(address for address, _ in _gradient_storages(self._state)))

    def moments(self, trace: Trace) -> tuple[MemoryMoment, ...]:
        """The last step of `trace` from its start to its end, one moment for each change of memory."""
        step = trace.steps[-1]
        on_device = int(self._state.device.type == "cuda")
        events = [
            event
            for event in trace.memory
            if step.start <= event["ts"] / 1e6 <= step.end and event["args"]["Device Type"] == on_device
        ]
        lives = allocations(events)
        parts = self._parts(lives, [span for span in trace.phases if span.start >= step.start])
        changes: list[tuple[float, str, int]] = []
        for life in lives:
            part = parts[life]
            changes.append((life.start, part, life.size))
            if life.end < step.end:
                changes.append((life.end, part, -life.size))
        changes += [
            (when, known[0], -known[1]) for when, address in given_back(events) if (known := self._held.get(address))
        ]
        reserved = {event["ts"] / 1e6: int(event["args"]["Total Reserved"]) for event in events} if on_device else {}
        return tuple(self._course(sorted(changes), step, trace, reserved))

    def _parts(self, lives: Sequence[Allocation], phases: Sequence[Span]) -> dict[Allocation, str]:
        """What each allocation is for."""
        backward = [span for span in phases if span.name == "backward"]
        found: dict[Allocation, str] = {}
        for life in lives:
            alive = [at for at, span in enumerate(backward[: len(self._gradients)]) if _across(life, span.end)]
            if any(life.address in self._gradients[at] for at in alive):
                found[life] = "gradients"
            elif any(
                span.name == "forward" and _across(life, span.end) and _made_in(life, phases, "forward")
                for span in phases
            ):
                found[life] = "activations"
            elif life.end == float("inf") and _made_in(life, phases, "optimizer"):
                found[life] = "optimizer"
            else:
                found[life] = "workspace"
        return found

    def _course(
        self, changes: Sequence[tuple[float, str, int]], step: Span, trace: Trace, reserved: dict[float, int]
    ) -> Iterator[MemoryMoment]:
        now = dict.fromkeys(PARTS, 0)
        for part, size in self._held.values():
            now[part] += size
        now["workspace"] += self._besides
        on_device = bool(reserved)
        kept = next(iter(reserved.values()), 0)
        for when, part, size in [(step.start, "workspace", 0), *changes]:
            now[part] += size
            kept = reserved.get(when, kept)
            yield MemoryMoment(
                moment=trace.phase_at(when),
                seconds=when - step.start,
                **now,
                total=sum(now.values()),
                reserved=kept if on_device else None,
            )


def held_storages(state: TrainingState) -> Iterator[tuple[int, tuple[str, int]]]:
    """What a training holds between steps: each storage's address, with its part and its bytes."""
    kept = [value for held in state.optimizer.state.values() for value in held.values()]
    for value in kept:
        if isinstance(value, torch.Tensor):
            yield from ((address, ("optimizer", size)) for address, size in _storages(value))
    yield from ((address, ("gradients", size)) for address, size in _gradient_storages(state))
    for tensor in (*state.model.parameters(), *state.model.buffers()):
        yield from ((address, ("parameters", size)) for address, size in _storages(tensor))


def allocations(events: Iterable[dict[str, Any]]) -> list[Allocation]:
    """What was asked for in `events`, in their order; what nobody gave back lives for ever."""
    open_: dict[int, tuple[float, int]] = {}
    found: list[Allocation] = []
    for event in events:
        when, arguments = float(event["ts"]) / 1e6, event["args"]
        address, size = int(arguments["Addr"]), int(arguments["Bytes"])
        if size > 0:
            open_[address] = (when, size)
        elif begun := open_.pop(address, None):
            found.append(Allocation(begun[0], when, address, begun[1]))
    found += [Allocation(start, float("inf"), address, size) for address, (start, size) in open_.items()]
    return sorted(found)


def given_back(events: Iterable[dict[str, Any]]) -> Iterator[tuple[float, int]]:
    """When and at which address something was given back that was there before the first of `events`, in their order.

    An address may be given out again, and back again: that is another life.
    """
    since: set[int] = set()
    for event in events:
        address = int(event["args"]["Addr"])
        if address not in since and int(event["args"]["Bytes"]) < 0:
            yield float(event["ts"]) / 1e6, address
        since.add(address)


def fullest(moments: Sequence[MemoryMoment]) -> tuple[MemoryMoment, ...]:
    """Of each phase the moment with the most in memory, in the order in which phases first come."""
    best: dict[str, MemoryMoment] = {}
    for moment in moments:
        if moment.moment not in best or moment.total > best[moment.moment].total:
            best[moment.moment] = moment
    return tuple(best.values())


def thinned(moments: Sequence[MemoryMoment], points: int = _POINTS) -> tuple[MemoryMoment, ...]:
    """At most `points` moments: of each stretch of time the fullest, the first and the last as they are."""
    if len(moments) <= points:
        return tuple(moments)
    first, *between, last = moments
    stretch = max(1e-9, last.seconds - first.seconds) / (points - 2)
    best: dict[int, MemoryMoment] = {}
    for moment in between:
        place = int((moment.seconds - first.seconds) / stretch)
        if place not in best or moment.total > best[place].total:
            best[place] = moment
    return (first, *best.values(), last)


def _gradient_storages(state: TrainingState) -> Iterator[tuple[int, int]]:
    for parameter in state.model.parameters():
        if parameter.grad is not None:
            yield from _storages(parameter.grad)


def _storages(tensor: torch.Tensor) -> Iterator[tuple[int, int]]:
    """Address and bytes of the memory below `tensor`; none where it has none of its own."""
    for part in plain_tensors(tensor.detach()):
        storage = part.untyped_storage()
        if storage.nbytes():
            yield storage.data_ptr(), storage.nbytes()


def _across(life: Allocation, when: float) -> bool:
    return life.start <= when < life.end


def _made_in(life: Allocation, phases: Sequence[Span], name: str) -> bool:
    return any(span.name == name and span.start <= life.start <= span.end for span in phases)
