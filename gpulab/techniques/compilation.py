"""Compilation (A4): torch.compile fuses the model's operations into kernels of its own, before the first step."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gpulab.events.documents import SeriesDeclared
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.needs import compiler, slow_on_cpu

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

_MODES = {
    "default": "default",
    "reduce_overhead": "reduce-overhead",
    # With CUDA graphs on top, gradients could not be added up over several batches.
    "max_autotune": "max-autotune-no-cudagraphs",
}
_WARM_UP = 3  # CUDA graphs are recorded in the second pass and replayed from the third
_TIMED = 3


class CompilationSettings(Settings, frozen=True):
    mode: Annotated[
        Literal["default", "reduce_overhead", "max_autotune"],
        about(
            "Mode",
            "The default compiles soonest. CUDA graphs start a step's kernels all at once, which helps small models on "
            "a GPU. Trying kernels takes longest to compile and keeps the fastest it finds.",
            labels={"default": "Default", "reduce_overhead": "With CUDA graphs", "max_autotune": "Trying kernels"},
        ),
    ] = "default"
    backend: Annotated[
        Literal["inductor", "aot_eager"],
        about(
            "Backend",
            "Inductor builds fused kernels. The check only takes the model apart and runs it as before: it compiles at "
            "once, makes nothing faster, and shows whether a model can be compiled.",
            labels={"inductor": "Inductor", "aot_eager": "None, a check only"},
            advanced=True,
        ),
    ] = "inductor"


class Compilation(Technique):
    name = "compilation"
    card = "A4"
    label = "Compilation"
    summary = "Compiles the model, so that several operations become one kernel."
    promise = "Fewer trips to memory: each step is faster, once the compiling is paid for."
    risk = (
        "The first step waits for the compiler, seconds to minutes: a short training never gets that back. Trying "
        "kernels decides by the clock, so that a resumed training repeats exactly only while its choices are kept."
    )
    sources = (
        "Ansel et al.: PyTorch 2 (2024), https://doi.org/10.1145/3620665.3640366",
        "PyTorch: torch.compile, https://docs.pytorch.org/docs/stable/generated/torch.compile.html",
    )
    Settings = CompilationSettings
    requires = (compiler,)
    cautions = {"mode": {"reduce_overhead": slow_on_cpu("cuda_graphs_on_gpu_only")}}

    def __init__(self, settings: CompilationSettings) -> None:
        super().__init__(settings)
        self._batch: tuple[torch.Tensor, torch.Tensor] | None = None
        self._measured = False
        self._seconds = 0.0

    @classmethod
    def rules(cls, settings: CompilationSettings, experiment: Experiment) -> Iterator[Problem]:
        accumulation = experiment.training.accumulation
        if settings.mode == "reduce_overhead" and accumulation > 1:
            yield Problem("cuda_graphs_keep_gradients", "techniques.compilation.mode", {"accumulation": accumulation})

    def edit_optimizer(self, state: TrainingState) -> None:
        """Compiles what the loop calls; looks at held-out text go on reading the plain model."""
        import torch

        torch._dynamo.reset()  # what an earlier training of this process compiled counts against a limit
        how: dict[str, Any] = {"mode": _MODES[self.settings.mode]} if self.settings.backend == "inductor" else {}
        state.network = torch.compile(state.network, backend=self.settings.backend, **how)  # type: ignore[assignment]
        if self.settings.backend == "inductor" and hasattr(state.optimizer, "compiled"):
            state.optimizer.compiled = True  # one that is slow uncompiled

    def edit_batch(
        self, inputs: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self._measured and state.team.size == 1:
            self._batch = (inputs, targets)
        return inputs, targets

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        """Before the first pass, and in the precision it will have, compiles the model and measures what that buys."""
        if self._batch is not None:
            batch, self._batch, self._measured = self._batch, None, True
            self._measure(state, *batch)
        return nullcontext()

    def series(self) -> tuple[SeriesDeclared, ...]:
        return (SeriesDeclared(key="recompiles", label="Compiled again", unit="times", better="lower"),)

    def readings(self) -> Mapping[str, float]:
        """How often this worker compiled again what it had compiled before, because something was not as it was."""
        from torch._dynamo.convert_frame import FRAME_COMPILE_COUNTER

        return {"recompiles": float(sum(times - 1 for times in FRAME_COMPILE_COUNTER.values() if times > 1))}

    def state_dict(self) -> dict[str, Any]:
        """The seconds that compiling took all workers of a run together."""
        return {"seconds": self._seconds}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._seconds = float(state.get("seconds", 0.0))

    def _measure(self, state: TrainingState, inputs: torch.Tensor, targets: torch.Tensor) -> None:
        def passing(network: torch.nn.Module) -> Callable[[], float]:
            return lambda: _pass_seconds(network, inputs, targets)

        with _left_as_it_was(state):
            plain, compiled = passing(state.model), passing(state.network)
            plain()
            before = statistics.median(plain() for _ in range(_TIMED))
            first = sum(compiled() for _ in range(_WARM_UP))
            after = statistics.median(compiled() for _ in range(_TIMED))
        seconds = max(0.0, first - _WARM_UP * after)
        state.compile_seconds = self._seconds = self._seconds + seconds
        took = {"seconds": round(seconds, 2), "before_ms": round(1e3 * before, 2), "after_ms": round(1e3 * after, 2)}
        if after < before:
            pays_after = math.ceil(seconds / (before - after) / state.experiment.training.accumulation)
            state.notify("compiled", **took, steps=pays_after)
        else:
            state.notify("compiled_in_vain", **took)


def _pass_seconds(network: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Seconds of one forward and backward pass."""
    import torch

    wait = partial(torch.cuda.synchronize, inputs.device) if inputs.is_cuda else _nothing
    wait()
    began = time.perf_counter()
    logits = network(inputs).float().flatten(0, 1)
    torch.nn.functional.cross_entropy(logits, targets.flatten()).backward()  # type: ignore[no-untyped-call]
    network.zero_grad(set_to_none=True)
    wait()
    return time.perf_counter() - began


def _nothing() -> None:
    pass


@contextmanager
def _left_as_it_was(state: TrainingState) -> Iterator[None]:
    """Gives chance and running averages back as they were, so that having measured changes no training."""
    import torch

    buffers = {name: buffer.clone() for name, buffer in state.model.named_buffers()}
    with torch.random.fork_rng([state.device] if state.device.type == "cuda" else []):
        yield
    with torch.no_grad():
        for name, buffer in state.model.named_buffers():
            buffer.copy_(buffers[name])
