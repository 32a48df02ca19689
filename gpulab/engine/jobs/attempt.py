"""The process that tries batches: `python -m gpulab.engine.jobs.attempt JOB_DIR BUDGET_BYTES`.

It reads a batch size a line and answers each with a line of JSON (`Outcome`). It ends with its standard input, and
where its memory did: what broke once is not used again.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import torch

from gpulab.engine.build import prepare_text, set_up_torch
from gpulab.engine.device import make_current, wait_for
from gpulab.engine.jobs.attempts import Outcome
from gpulab.engine.jobs.workplace import built, with_training
from gpulab.engine.loop import training_steps
from gpulab.engine.probes.memory import memory_probe
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.techniques import REGISTRY
from gpulab.text.prepared import PreparedText

_WARM_UP_STEPS = 2  # the first compiles, fills caches and makes the optimizer's state
_STEPS = (3, 20)  # at least, at most
_ENOUGH_S = 0.5
_NO_MEMORY = ("can't allocate memory", "out of memory", "bad allocation", "std::bad_alloc")


def main(job_dir: Path, budget_bytes: int) -> int:
    """Serves batches until nobody asks any more, or one did not fit."""
    machine = this_machine()
    experiment = load(job_dir / "experiment.toml", REGISTRY)
    set_up_torch(machine.threads(experiment.threads))
    device = torch.device(machine.resolved(experiment.device))
    make_current(device)
    text = prepare_text(experiment)
    _limit_memory(device, budget_bytes)
    for line in sys.stdin:
        outcome = _tried(with_training(experiment, batch_size=int(line)), text, device)
        print(msgspec.json.encode(outcome).decode(), flush=True)
        if outcome.name != "fits":
            break
    return 0


def _limit_memory(device: torch.device, budget_bytes: int) -> None:
    """Makes asking for more than the budget an error. The job looks at the resident set besides."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        torch.cuda.set_per_process_memory_fraction(min(1.0, min(free, budget_bytes) / total), device)
        return
    with suppress(ImportError, ValueError, OSError):  # other systems than Linux do not count data alone
        import resource

        data = next(
            int(row.split()[1]) * 1024 for row in Path("/proc/self/status").read_text().splitlines() if "VmData" in row
        )
        resource.setrlimit(resource.RLIMIT_DATA, (data + budget_bytes, resource.RLIM_INFINITY))


def _tried(experiment: Experiment, text: PreparedText, device: torch.device) -> Outcome:
    try:
        return _trained(experiment, text, device)
    except (torch.OutOfMemoryError, MemoryError):
        return Outcome("too_big")
    except RuntimeError as error:  # the processor's allocator has no exception of its own
        if any(words in str(error) for words in _NO_MEMORY):
            return Outcome("too_big")
        return Outcome("broke", error=f"{type(error).__name__}: {error}")
    except Exception as error:
        return Outcome("broke", error=f"{type(error).__name__}: {error}")
    finally:
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _trained(experiment: Experiment, text: PreparedText, device: torch.device) -> Outcome:
    """Speed and memory of a few steps, each timed on its own; a step that somebody interrupts spoils no median."""
    least, most = _STEPS
    steps = max(experiment.training.steps, _WARM_UP_STEPS + most)
    probe = memory_probe(device)
    state, pipeline, batches = built(with_training(experiment, steps=steps), text, device, lambda document: None)
    seconds: list[float] = []
    running = training_steps(state, pipeline, batches)
    for _ in itertools.islice(running, _WARM_UP_STEPS):
        wait_for(device)
    while len(seconds) < least or (len(seconds) < most and sum(seconds) < _ENOUGH_S):
        began = time.perf_counter()
        next(running)
        wait_for(device)
        seconds.append(time.perf_counter() - began)
    step_s = statistics.median(seconds)
    return Outcome("fits", experiment.tokens_per_step / step_s, probe.peak_bytes(), step_s)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
