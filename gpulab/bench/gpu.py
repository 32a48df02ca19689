"""GPT-2 on a CUDA device: how much of the GPU is used, against a compiled loop in nanoGPT's style.

Both sides train the same shape in bf16 with fused AdamW, compiled, on the same device in turn; what differs is whose
loop it is. Where no CUDA device is at hand, every row says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from gpulab.analysis.intervals import Interval, median, paired_ratio
from gpulab.bench.arms import Arm, variant
from gpulab.bench.reference import PlainGPT
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.turns import in_turn
from gpulab.hardware.datasheet import peak_of
from gpulab.hardware.machine import this_machine
from gpulab.runs.ceilings import load_ceilings
from gpulab.spec.estimates import flops_per_token

_BATCH = 32
_WARM_UP = 10
_TARGETS = {
    "share of the measured ceiling": ("", Target("at least", 0.58)),
    "engine against a plain compiled loop": ("x tokens/s", Target("at least", 1.4)),
}


def run(quick: bool) -> list[Row]:
    """Tokens per second, MFU, share of the ceiling, peak memory and energy of GPT-2 with 124 million weights."""
    if not torch.cuda.is_available():
        return [not_shown(name, unit, "", target, "no CUDA device") for name, (unit, target) in _TARGETS.items()]
    from gpulab.engine.build import set_up_torch

    set_up_torch(this_machine().threads(0))
    device = torch.device("cuda:0")
    window, pairs = (5, 3) if quick else (20, 15)
    techniques = {"precision": {"mode": "bf16"}, "compilation": {}}
    arm = Arm(variant("gpt2", device, techniques, batch_size=_BATCH, steps=10**6), device)
    plain = _plain_loop(arm, device)
    arm.train(_WARM_UP)
    plain(_WARM_UP)
    torch.cuda.reset_peak_memory_stats(device)
    joules = _joules(lambda: arm.seconds_for(window))
    peak_bytes = torch.cuda.max_memory_allocated(device)
    ours, theirs = in_turn(lambda: arm.seconds_for(window), lambda: plain(window), pairs)
    tokens = window * arm.experiment.tokens_per_step
    how = (
        f"{torch.cuda.get_device_name(device)}; GPT-2 124M, context 1,024, batch {_BATCH}, bf16, compiled; {pairs} "
        f"pairs of {window} steps in turn"
    )
    speed = median([tokens / seconds for seconds in ours])
    unit, target = _TARGETS["engine against a plain compiled loop"]
    return [
        measured("engine against a plain compiled loop", paired_ratio(theirs, ours), unit, how, target),
        measured("GPT-2 124M", speed, "tokens/s", how),
        *_shares(arm, speed, how),
        exact("peak memory", float(peak_bytes), "B", f"{how}; allocated by tensors"),
        not_shown("energy", "J/token", how, None, "the device tells no energy")
        if joules is None
        else exact("energy", joules / tokens, "J/token", f"{how}; the device's own counter"),
    ]


def _shares(arm: Arm, speed: Interval, how: str) -> list[Row]:
    """Of the datasheet's peak and of what was measured here."""
    machine, experiment = this_machine(), arm.experiment
    flops = flops_per_token(arm.state.plan)
    peak = peak_of(machine.device_name("cuda:0"))
    ceilings = load_ceilings(machine, experiment.device, experiment.threads)
    unit, target = _TARGETS["share of the measured ceiling"]

    def share(name: str, most: float | None, target: Target | None, reason: str) -> Row:
        if not most:
            return not_shown(name, unit, how, target, reason)
        scaled = Interval(*(flops * figure / most for figure in (speed.value, speed.low, speed.high)))
        return measured(name, scaled, unit, how, target)

    datasheet = peak.flops_per_s.get("bf16") if peak else None
    here = ceilings.flops_per_s.get("bf16") if ceilings else None
    return [
        share("MFU", datasheet, None, "this GPU's datasheet is not known"),
        share("share of the measured ceiling", here, target, "not measured: gpulab ceilings --device cuda"),
    ]


def _plain_loop(arm: Arm, device: torch.device) -> Callable[[int], float]:
    """nanoGPT's loop: compiled, bf16, fused AdamW, pinned batches, gradients clipped, the loss read on each step."""
    plain = PlainGPT(arm.experiment.model, arm.text.tokenizer.vocab_size).to(device)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=6e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    compiled: Any = torch.compile(plain)
    tokens = torch.from_numpy(arm.text.train.astype("int64"))
    length = arm.experiment.model.context_length

    def batch() -> tuple[torch.Tensor, torch.Tensor]:
        starts = torch.randint(len(tokens) - length - 1, (_BATCH,)).tolist()
        x, y = (torch.stack([tokens[i + shift : i + shift + length] for i in starts]) for shift in (0, 1))
        return tuple(part.pin_memory().to(device, non_blocking=True) for part in (x, y))  # type: ignore[return-value]

    def seconds_for(steps: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            x, y = batch()
            with torch.autocast("cuda", torch.bfloat16):
                logits = compiled(x)
                loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            loss.item()
        torch.cuda.synchronize(device)
        return time.perf_counter() - began

    return seconds_for


def _joules(work: Callable[[], float]) -> float | None:
    """What the device's own counter says that `work` took, None where it has none."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(0).uuid}")
        before = pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        work()
        return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) - before) / 1e3
    except pynvml.NVMLError:
        return None
