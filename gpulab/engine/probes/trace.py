"""Reads a profiler's trace, in the format of Chrome's trace viewer: who ran when, for how long, called by whom.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU. Times are microseconds
there and seconds here. Only what falls into a step counts: looks and checkpoints between steps do not. A GPU's work
falls into the step that launched it. It may be done long after: while the figures of steps are read, between two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from gpulab.engine.probes.phases import PREFIX, STEP
from gpulab.events.profile import PHASES, Counted, Operator

Event = dict[str, Any]
"""One event of a trace, as it stands in the file."""

_ON_DEVICE = frozenset(("kernel", "gpu_memcpy", "gpu_memset"))
_LAUNCHES = frozenset(("cuda_runtime", "cuda_driver"))
_DEEPEST = 4  # phases inside each other

_TOLD = {
    "autograd::engine::evaluate_function": "autograd engine",
    "## Call CompiledFxGraph": "compiled graph",
    "Torch-Compiled Region": "compiled region",
}
"""What begins so is one operator, whatever it is called for."""

_NO_KERNEL = re.compile(
    r"aten::(alias|as_strided|contiguous|detach|dropout|empty\w*|expand|flatten|item|lift_fresh|narrow|permute|reshape|"
    r"resize_|resolve_\w+|select|set_|slice|split\w*|squeeze|t|to|transpose|unbind|unflatten|unsqueeze|unsafe_split|"
    r"view|view_as|_local_scalar_dense|_reshape_alias|_unsafe_view)"
)
"""Operators that look at a tensor another way or ask for memory: they start no kernel."""

_FUSED = re.compile(r"_(cpp|triton)_fused_|^(cpp|triton)_\w*fused_")

_TENSOR_CORES = re.compile(
    r"h884|s884|h1688|s1688|16816|hmma|imma|wgmma|gmma|tensorop|xmma_gemm|nvjet|flash_fwd|flash_bwd|fmha_\w*sm[89]|"
    r"cudnn_generated_fort_native_sdpa",
)
"""Names of kernels that multiply on tensor cores, as cuBLAS, CUTLASS, cuDNN and FlashAttention name them."""

_EXCHANGE = re.compile(r"^(nccl|gloo:|c10d::)|ncclDevKernel|ncclKernel")


class Span(NamedTuple):
    """From `start` to `end`, seconds by the trace's clock."""

    start: float
    end: float
    name: str


class Trace:
    """One trace, cut into the steps that are marked in it."""

    def __init__(self, events: Sequence[Event]) -> None:
        whole = [event for event in events if event.get("ph") == "X"]
        marks = [_span(event) for event in whole if event.get("cat") == "user_annotation"]
        marks = [span._replace(name=span.name.removeprefix(PREFIX)) for span in marks if span.name.startswith(PREFIX)]
        self.steps = sorted(span for span in marks if span.name == STEP)
        self.phases = sorted(span for span in marks if span.name in PHASES)
        self._launched = {
            event["args"]["correlation"]: event["ts"] / 1e6
            for event in whole
            if event.get("cat") in _LAUNCHES and "correlation" in event.get("args", {})
        }
        self._events = [event for event in whole if _around(self.steps, self._begun(event)) is not None]
        self.kernels = sorted(self._kernels(), key=lambda kernel: kernel[0].start)
        self.memory = sorted((e for e in events if e.get("name") == "[memory]"), key=lambda event: float(event["ts"]))

    @property
    def on_device(self) -> bool:
        """Whether a GPU worked."""
        return bool(self.kernels)

    def has(self, begins: str) -> bool:
        """Whether anything was called so."""
        return any(str(event["name"]).startswith(begins) for event in self._events)

    def phase_at(self, when: float) -> str:
        """The innermost phase that the training was in."""
        span = _around(self.phases, when)
        return span.name if span else "other"

    def device_phases(self) -> dict[str, float]:
        """Seconds in which a GPU worked, by the phase that each kernel was launched in, and its `idle` ones.

        At each instant one kernel counts: arithmetic before exchange, so that `communication` is what was waited for.
        What lies between two steps counts as far as work of theirs was still being done.
        """
        seconds, end = dict.fromkeys(PHASES, 0.0), float("-inf")
        arithmetic = [(span, phase) for span, phase in self.kernels if phase != "communication"]
        for span, phase in arithmetic:
            seconds[phase] += max(0.0, span.end - max(span.start, end))
            end = max(end, span.end)
        busy = covered(span for span, _ in self.kernels)
        seconds["communication"] = busy - covered(span for span, _ in arithmetic)
        seconds["idle"] = max(0.0, covered([*self.steps, *(span for span, _ in self.kernels)]) - busy)
        return seconds

    def exchange_seconds(self) -> float:
        """Seconds in which processes exchanged something, by whichever thread."""
        return covered(merged(_span(event) for event in self._events if _EXCHANGE.search(event["name"])))

    def operators(self, most: int) -> tuple[Operator, ...]:
        """The operators, or the GPU's kernels where it worked, that took longest, for one step."""
        seconds: dict[str, float] = defaultdict(float)
        calls: dict[str, int] = defaultdict(int)
        for name, own in self._device_times() if self.on_device else self._own_times():
            seconds[name] += own
            calls[name] += 1
        total, steps = sum(seconds.values()) or 1.0, max(1, len(self.steps))
        longest = sorted(seconds, key=lambda name: -seconds[name])[:most]
        return tuple(
            Operator(name, seconds[name] / steps, calls[name] / steps, seconds[name] / total, self.on_device)
            for name in longest
        )

    def kernel_count(self) -> tuple[float, Counted]:
        """Kernels in a step, and what was counted as one."""
        steps = max(1, len(self.steps))
        if self.on_device:
            return sum(event.get("cat") == "kernel" for event in self._events) / steps, "device_kernels"
        leaves = list(self._leaves())
        fused = any(_FUSED.search(name) for name in leaves)
        return len(leaves) / steps, "operators_and_fused_kernels" if fused else "operators"

    def tensor_core_share(self) -> float | None:
        """Of the time of a GPU's kernels, what those took that multiply on tensor cores; None without a GPU."""
        if not self.on_device:
            return None
        times = [(_TENSOR_CORES.search(name), own) for name, own in self._device_times()]
        return sum(own for match, own in times if match) / (sum(own for _, own in times) or 1.0)

    def _kernels(self) -> Iterator[tuple[Span, str]]:
        """Every piece of work of a GPU with the phase it belongs to."""
        for event in self._events:
            if event.get("cat") in _ON_DEVICE:
                span = _span(event)
                exchange = _EXCHANGE.search(span.name)
                yield span, "communication" if exchange else self.phase_at(self._begun(event))

    def _device_times(self) -> Iterator[tuple[str, float]]:
        return ((event["name"], event["dur"] / 1e6) for event in self._events if event.get("cat") in _ON_DEVICE)

    def _own_times(self) -> Iterator[tuple[str, float]]:
        """Each operator's time without that of the operators it called."""
        for call in self._calls():
            name = str(call.event["name"])
            yield next((told for begins, told in _TOLD.items() if name.startswith(begins)), name), call.own_s

    def _leaves(self) -> Iterator[str]:
        """The names of the operators that are kernels and call none."""
        names = ((str(call.event["name"]), call.calls_kernels) for call in self._calls())
        return (name for name, calls_kernels in names if _is_kernel(name) and not calls_kernels)

    def _calls(self) -> Iterator[_Call]:
        """Every operator that was called; they nest by time, thread for thread."""
        by_thread: dict[object, list[Event]] = defaultdict(list)
        for event in self._events:
            if event.get("cat") == "cpu_op":
                by_thread[event["tid"]].append(event)
        for events in by_thread.values():
            yield from _nested(sorted(events, key=lambda event: (event["ts"], -event["dur"])))

    def _begun(self, event: Event) -> float:
        """When the processor came to it: what a GPU did is known by its launch."""
        begun = float(event["ts"]) / 1e6
        on_device = event.get("cat") in _ON_DEVICE
        return self._launched.get(event.get("args", {}).get("correlation"), begun) if on_device else begun


def _around(spans: Sequence[Span], when: float) -> Span | None:
    """The last of the sorted `spans` that begins before `when` and has not ended then."""
    at = bisect_right(spans, when, key=lambda span: span.start)
    return next((span for span in reversed(spans[max(0, at - _DEEPEST) : at]) if span.end >= when), None)


def merged(spans: Iterable[Span]) -> list[Span]:
    """`spans` as few as possible that cover the same time, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = found[-1]._replace(end=max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def covered(spans: Iterable[Span]) -> float:
    """Seconds that lie in at least one of `spans`."""
    return sum(span.end - span.start for span in merged(spans))


class _Call:
    """One call of an operator; `inner` are the microseconds it spent in others."""

    def __init__(self, event: Event) -> None:
        self.event, self.inner, self.calls_kernels = event, 0.0, False
        self.end = float(event["ts"]) + float(event["dur"])

    @property
    def own_s(self) -> float:
        return max(0.0, float(self.event["dur"]) - self.inner) / 1e6


def _nested(events: Sequence[Event]) -> Iterator[_Call]:
    """`events` of one thread, in order of their start, as calls that know what was inside them."""
    within: list[_Call] = []
    for event in events:
        while within and event["ts"] >= within[-1].end:
            yield within.pop()
        if within:
            within[-1].inner += event["dur"]
            if _is_kernel(event["name"]):
                for call in within:
                    call.calls_kernels = True
        within.append(_Call(event))
    yield from within


def _span(event: Event) -> Span:
    start = float(event["ts"]) / 1e6
    return Span(start, start + float(event["dur"]) / 1e6, str(event["name"]))


def _is_kernel(name: str) -> bool:
    if _FUSED.search(name):
        return True
    space, colons, _ = name.partition("::")
    return bool(colons) and space not in ("autograd", "torch") and not _NO_KERNEL.fullmatch(name)
