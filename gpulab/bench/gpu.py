"""GPT-2 on a CUDA device: how much of the GPU is used, against a compiled loop in nanoGPT's style.

Both sides train the same weights on the same batches in bf16, compiled, with fused AdamW, gradients clipped at the same
norm and the same weights decayed, on the same device in turn; what differs is whose loop it is. The engine's side does
all that a worker does, its records included. Where no CUDA device is at hand, every row says so.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch.nn import functional as F

from gpulab.analysis.intervals import Interval, median, paired_ratio
from gpulab.bench.arms import variant
from gpulab.bench.reference import PlainGPT
from gpulab.bench.rows import Row, Target, exact, measured, not_shown
from gpulab.bench.trainings import EngineTraining, starts_of
from gpulab.bench.turns import in_turn
from gpulab.engine.arithmetic import arithmetic_of_training, figures
from gpulab.engine.build import prepare_text, set_up_torch
from gpulab.engine.device import wait_for
from gpulab.events.log import EventLog
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.text.prepared import PreparedText

_BATCH = 32
_VOCABULARY = 50_304
"""GPT-2's 50,257 tokens, filled up to a multiple of 64 as nanoGPT does. The text at hand needs few of them; what a step
computes does not depend on which."""

_WARM_UP = 10
_CLIPPED_AT, _DECAY = 1.0, 0.1
TECHNIQUES: dict[str, dict[str, Any]] = {
    "precision": {"mode": "bf16"},
    "compilation": {},
    "gradient_clipping": {"limit": _CLIPPED_AT},
    "weight_decay": {"amount": _DECAY},
}
"""What the plain loop does by itself, the engine does by these."""

_TARGETS = {
    "share of the measured ceiling": ("", Target("at least", 0.58)),
    "engine against a plain compiled loop": ("x tokens/s", Target("at least", 1.4)),
}


def run(quick: bool) -> list[Row]:
    """Tokens per second, MFU, share of the ceiling, peak memory and energy of GPT-2 with 124 million weights."""
    if not torch.cuda.is_available():
        return [not_shown(name, unit, "", target, "no CUDA device") for name, (unit, target) in _TARGETS.items()]
    set_up_torch(this_machine().threads(0))
    device = torch.device("cuda:0")
    window, pairs = (5, 3) if quick else (20, 15)
    experiment = experiment_of("gpt2", device, _WARM_UP + window * (pairs + 1), _BATCH)
    text = prepare_text(experiment)
    with tempfile.TemporaryDirectory() as folder, EventLog(Path(folder)) as log:
        engine = EngineTraining(experiment, text, log, Path(folder), device, _VOCABULARY)
        plain = PlainLoop(engine, text, device, _VOCABULARY)
        return _rows(engine, plain, device, window, pairs)


def experiment_of(preset: str, device: torch.device, steps: int, batch_size: int) -> Experiment:
    """What both sides train: without biases, as nanoGPT does by itself."""
    found = variant(preset, device, TECHNIQUES, batch_size=batch_size, steps=steps, learning_rate=6e-4)
    return msgspec.structs.replace(found, model=msgspec.structs.replace(found.model, bias=False))


def _rows(engine: EngineTraining, plain: PlainLoop, device: torch.device, window: int, pairs: int) -> list[Row]:
    def seconds_for(train: Callable[[int], None], steps: int = window) -> float:
        began = time.perf_counter()
        train(steps)
        wait_for(device)
        return time.perf_counter() - began

    engine.train(_WARM_UP)
    plain.train(_WARM_UP)
    torch.cuda.reset_peak_memory_stats(device)
    joules = _joules(lambda: seconds_for(engine.train))
    peak_bytes = torch.cuda.max_memory_allocated(device) - plain.bytes
    ours, theirs = in_turn(lambda: seconds_for(engine.train), lambda: seconds_for(plain.train), pairs)
    tokens = window * engine.state.experiment.tokens_per_step
    how = (
        f"{torch.cuda.get_device_name(device)}; GPT-2 124M, context 1,024, batch {_BATCH}, bf16, compiled, clipped at "
        f"{_CLIPPED_AT:g}, weight decay {_DECAY:g}; {pairs} pairs of {window} steps in turn"
    )
    speed = median([tokens / seconds for seconds in ours])
    unit, target = _TARGETS["engine against a plain compiled loop"]
    return [
        measured("engine against a plain compiled loop", paired_ratio(theirs, ours), unit, how, target),
        measured("GPT-2 124M", speed, "tokens/s", how),
        *_shares(engine, speed, how),
        exact("peak memory", float(peak_bytes), "B", f"{how}; allocated by tensors, the plain loop's own left out"),
        not_shown("energy", "J/token", how, None, "the device tells no energy")
        if joules is None
        else exact("energy", joules / tokens, "J/token", f"{how}; the device's own counter"),
    ]


def _shares(engine: EngineTraining, speed: Interval, how: str) -> list[Row]:
    """Of the datasheet's peak and of what was measured here, by the operations that a run's summary counts too."""
    state, machine = engine.state, this_machine()
    context = lambda: engine.pipeline.forward_context(state)  # noqa: E731
    counted = arithmetic_of_training(state, *engine.batches.draw(state.step, 0), context)
    low, middle, high = (figures(counted, one, state, machine) for one in (speed.low, speed.value, speed.high))
    counted_how = f"{how}; {counted.flops / 1e6:,.1f} million operations a token, counted"

    def share(name: str, key: str, reason: str) -> Row:
        unit, target = _TARGETS.get(name, ("", None))
        if middle[key] is None:
            return not_shown(name, unit, counted_how, target, reason)
        return measured(name, Interval(middle[key], low[key], high[key]), unit, counted_how, target)

    return [
        share("MFU", "mfu", "this GPU's datasheet is not known"),
        share("share of the measured ceiling", "ceiling_share", "not measured: gpulab ceilings --device cuda"),
    ]


class PlainLoop:
    """nanoGPT's loop: compiled, bf16, fused AdamW, pinned batches, gradients clipped, the loss read on each step.

    It begins with the weights of `engine` and reads the same windows; it promises no exact repetition.
    """

    def __init__(self, engine: EngineTraining, text: PreparedText, device: torch.device, vocab_size: int) -> None:
        experiment = engine.state.experiment
        self.model = PlainGPT(experiment.model, vocab_size).to(device)
        self.model.load_state_dict(engine.state.model.state_dict())
        matrices = [parameter for parameter in self.model.parameters() if parameter.dim() >= 2]
        vectors = [parameter for parameter in self.model.parameters() if parameter.dim() < 2]
        groups = [{"params": matrices, "weight_decay": _DECAY}, {"params": vectors, "weight_decay": 0.0}]
        rate = experiment.training.learning_rate
        self.optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), fused=True)
        self.losses: list[float] = []
        self._compiled: Any = torch.compile(self.model)
        self._tokens = torch.from_numpy(text.train.astype("int64"))
        self._starts = starts_of(experiment, len(text.train))
        self._length, self._device = experiment.model.context_length, device

    @property
    def bytes(self) -> int:
        """Of its weights and of what its optimizer keeps."""
        kept = [tensor for state in self.optimizer.state.values() for tensor in state.values()]
        return sum(tensor.nbytes for tensor in [*self.model.parameters(), *kept])

    def train(self, steps: int) -> None:
        """Makes `steps` steps."""
        torch.use_deterministic_algorithms(False)
        for _ in range(steps):
            x, y = self._batch()
            with torch.autocast(self._device.type, torch.bfloat16):
                logits = self._compiled(x)
                loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), _CLIPPED_AT)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            self.losses.append(loss.item())
        torch.use_deterministic_algorithms(True)

    def _batch(self) -> tuple[torch.Tensor, torch.Tensor]:
        starts, length = self._starts[len(self.losses)], self._length
        x, y = (torch.stack([self._tokens[i + shift : i + shift + length] for i in starts]) for shift in (0, 1))
        if self._device.type != "cuda":
            return x, y
        return x.pin_memory().to(self._device, non_blocking=True), y.pin_memory().to(self._device, non_blocking=True)


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
