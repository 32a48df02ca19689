"""A profile on a real GPU: kernels, idle time and reserved memory are seen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch

from gpulab.engine.build import batches_for, build, prepare_text
from gpulab.engine.loop import training_steps
from gpulab.engine.probes.guard import Guard
from gpulab.engine.probes.profiling import Profiler
from gpulab.events.documents import Notice
from tests.engine.support import tiny


def test_a_step_on_a_gpu(tmp_path: Path) -> None:
    experiment = msgspec.structs.replace(tiny(tmp_path), device="cuda")
    text, said = prepare_text(experiment), list[Notice]()
    state, pipeline = build(experiment, text.tokenizer.vocab_size, torch.device("cuda"), lambda document: None)
    steps = training_steps(state, pipeline, batches_for(state, text))
    for _ in range(3):
        next(steps)
    profiler = Profiler(state, pipeline, 3, Guard(said.append))
    profiler.begin()
    while not profiler.done:
        with profiler.step():
            next(steps)
    profiler.put_away()
    profile = profiler.write(tmp_path / "step.json")
    assert not said
    assert profile is not None
    assert profile.counted == "device_kernels"
    assert profile.kernels_per_step > 20
    assert all(profile.phases[name] > 0 for name in ("forward", "backward", "optimizer", "idle"))
    assert profile.at_peak is not None
    assert (profile.at_peak.reserved or 0) >= profile.at_peak.total > 0
