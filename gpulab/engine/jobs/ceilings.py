"""What this device can do at most: matrix products of every type of numbers, copies, and the way to the host and back.

Products grow until wider matrices are no faster; the best width counts, by the median of its repeats. Numbers are
random, because a GPU that multiplies zeros draws less power and clocks higher than it will in a training.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from gpulab.engine.device import wait_for
from gpulab.engine.jobs.workplace import Workplace
from gpulab.events.documents import Notice, Suggestion, Trial
from gpulab.hardware.ceilings import Place, place_of
from gpulab.hardware.free import free_memory_bytes
from gpulab.hardware.machine import this_machine
from gpulab.runs.ceilings import COPY, FROM_DEVICE, TO_DEVICE, best_of, save_ceilings
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import MeasureCeilings
from gpulab.spec.problem import Argument

_NARROWEST = 256
_WIDEST = {"cpu": 4096, "cuda": 16384}
_MIB = 1 << 20
_COPIED_BYTES = {"cpu": 256 * _MIB, "cuda": 1024 * _MIB}
_FREE_SHARE = 8  # of the memory that is free, a copy takes two of these parts
_SAMPLE_S = 0.02  # a sample takes at least as long, so that the clock's own cost does not count
_PATIENCE_S = 0.5  # no wider matrices where one product takes longer
_GAIN = 1.02  # wider matrices that are not faster by this factor show that the device is full

Work = Callable[[], object]


def planned(settings: MeasureCeilings) -> int:
    """Nobody knows before: it depends on how wide matrices must be to fill the device."""
    return 0


def measure(place: Workplace, settings: MeasureCeilings) -> None:
    """Notes operations a second of each type and width, then bytes a second of each copy.

    The best of them are kept as the machine's, unless a person asked for other widths, sizes or repeats.
    """
    device, not_pinned = place.device, Notice(key="no_pinned_memory", severity="warning")
    for kind in _kinds(device):
        _products(place, settings, kind)
    for name, work, moved in _copies(device, settings.megabytes * _MIB, lambda: place.say(not_pinned)):
        place.check()
        seconds, spread = timed(work, device, settings.repeats, place.check)
        place.note({"bytes_per_s": moved / seconds, "spread": spread, "seconds": seconds}, {"what": name})
    if settings.kept:
        save_ceilings(best_of(place.trials, place_of(this_machine(), settings.device, settings.threads), time.time()))


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: MeasureCeilings) -> list[Suggestion]:
    """What was measured, in a sentence; one that was stopped keeps nothing."""
    if not any(trial.names["what"] == COPY for trial in trials):
        return [Suggestion(key="ceilings_unfinished")]
    found = best_of(trials, Place("", "", "", "", 0), 0.0)
    fastest = max(found.flops_per_s, key=lambda kind: found.flops_per_s[kind] if kind != "int8" else 0.0)
    arguments: dict[str, Argument] = {
        "tera": round(found.flops_per_s[fastest] / 1e12, 3),
        "type": fastest,
        "gigabytes": round(found.copy_bytes_per_s / 1e9, 1),
    }
    told = [Suggestion(key="ceilings_measured", arguments=arguments)]
    return told if settings.kept else [*told, Suggestion(key="ceilings_not_kept")]


def timed(work: Work, device: torch.device, repeats: int, check: Callable[[], None]) -> tuple[float, float]:
    """Seconds that `work` takes, the median of `repeats` samples, and half of their middle half's range as a share.

    The device is waited for at a sample's edges only. `check` may raise to end it.
    """
    work()
    wait_for(device)
    began = time.perf_counter()
    work()
    wait_for(device)
    times = max(1, round(_SAMPLE_S / max(1e-9, time.perf_counter() - began)))
    samples = []
    for _ in range(repeats):
        check()
        began = time.perf_counter()
        for _ in range(times):
            work()
        wait_for(device)
        samples.append((time.perf_counter() - began) / times)
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return middle, (high - low) / 2 / middle


def _products(place: Workplace, settings: MeasureCeilings, kind: str) -> None:
    """Square matrices of one type that become twice as wide until the device is full, or one takes too long."""
    best, full = 0.0, 0
    for width in _widths(settings.width or _WIDEST[place.device.type]):
        try:
            with _Fp32Products(kind):
                work = _product(kind, width, place.device)
                seconds, spread = timed(work, place.device, settings.repeats, place.check)
        except (RuntimeError, NotImplementedError):  # no such product on this device, or no memory for one so wide
            place.note({"width": float(width)}, {"what": kind})
            return
        speed = 2 * width**3 / seconds
        place.note({"flops_per_s": speed, "width": float(width), "spread": spread, "seconds": seconds}, {"what": kind})
        full = 0 if speed > _GAIN * best else full + 1
        best = max(best, speed)
        if full == 2 or 8 * seconds > _PATIENCE_S:  # twice as wide is eight times the work
            return


def _widths(widest: int) -> Iterator[int]:
    width = min(_NARROWEST, widest)
    while width < widest:
        yield width
        width *= 2
    yield widest


def _kinds(device: torch.device) -> tuple[str, ...]:
    on_gpu = device.type == "cuda"
    has_tf32 = on_gpu and torch.cuda.get_device_capability(device) >= (8, 0)
    return ("fp32", *(("tf32",) if has_tf32 else ()), "bf16", "fp16", "int8")


class _Fp32Products:
    """Lets products of 32 bits be rounded to TF32 inside where that is what is measured; afterwards as before."""

    def __init__(self, kind: str) -> None:
        self._wanted = "tf32" if kind == "tf32" else "ieee"

    def __enter__(self) -> None:
        self._before = torch.backends.cuda.matmul.fp32_precision
        torch.backends.cuda.matmul.fp32_precision = self._wanted

    def __exit__(self, *_: object) -> None:
        torch.backends.cuda.matmul.fp32_precision = self._before


_TYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def _product(kind: str, width: int, device: torch.device) -> Work:
    """One product of two square matrices (width, width)."""
    chance = torch.Generator(device).manual_seed(0)
    if kind == "int8":
        a, b = (
            torch.randint(-127, 128, (width, width), dtype=torch.int8, device=device, generator=chance) for _ in "ab"
        )
        return lambda: torch._int_mm(a, b.t())
    left, right = (
        torch.randn(width, width, device=device, generator=chance).to(_TYPES[kind]) for _ in ("left", "right")
    )
    out = torch.empty_like(left)
    return lambda: torch.mm(left, right, out=out)


def _copies(device: torch.device, wanted_bytes: int, refused: Callable[[], None]) -> Iterator[tuple[str, Work, int]]:
    """Each copy: what it is called, the work, and the bytes that it moves (read and written, where both are here).

    Those between host and device need pinned memory; where none is given, `refused` is called in their place.
    """
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_memory_bytes()
    size = max(1, min(wanted_bytes or _COPIED_BYTES[device.type], free // _FREE_SHARE))
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)
    yield COPY, lambda: target.copy_(source), 2 * size
    if device.type == "cuda":
        size = max(1, min(size, free_memory_bytes() // _FREE_SHARE))
        there = source[:size]
        try:
            host = torch.ones(size, dtype=torch.uint8, pin_memory=True)
        except RuntimeError:  # a container may limit how much memory is pinned
            refused()
            return
        yield TO_DEVICE, lambda: there.copy_(host, non_blocking=True), size
        yield FROM_DEVICE, lambda: host.copy_(there, non_blocking=True), size
