"""Finished models that a GPU speaks with: writing beside the processor's text, attention, doses in its own kernels."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from gpulab.engine.jobs import write
from tests.engine.jobs.support import done, trials
from tests.engine.support import ended, run
from tests.gpu.support import Techniques, wide_on_gpu

CASES: list[Techniques] = [
    {},
    {"quantization": {"scheme": "int8_dynamic"}},
    {"quantization": {"scheme": "int4"}},
    {"quantization": {"scheme": "float8"}},
    {"pruning": {"pattern": "2:4", "kernels": "sparse"}},
    {"architecture": {"kind": "lstm"}},
]


@pytest.mark.parametrize("techniques", CASES, ids=str)
def test_every_finished_model_writes_and_is_looked_into(tmp_path: Path, techniques: Techniques) -> None:
    experiment = wide_on_gpu(tmp_path, techniques)
    run_dir = tmp_path / "run"
    run(run_dir, experiment)
    settings = {"run_a": str(run_dir), "run_b": str(run_dir), "part_b": "trained", "prompt": "the quick", "length": 40}
    documents = done(tmp_path, "write", experiment, top_k=9, top_p=0.9, **settings)
    assert ended(documents).status == "done", ended(documents)
    assert [len(write.written(trials(documents), model)) for model in "ab"] == [40, 40]
    looked = done(tmp_path, "attend", experiment, run=str(run_dir), prompt="the quick")
    if "architecture" in techniques:
        assert ended(looked).reason == "attend_needs_a_gpt"
    else:
        assert ended(looked).status == "done", ended(looked)


def test_a_plain_model_writes_the_text_of_the_processor(tmp_path: Path) -> None:
    experiment = wide_on_gpu(tmp_path, {})
    run(tmp_path / "run", experiment)
    on_cpu = msgspec.structs.replace(experiment, device="cpu")
    settings = {"run_a": str(tmp_path / "run"), "prompt": "the quick", "temperature": 0.0, "length": 30}
    texts = [write.written(trials(done(tmp_path, "write", where, **settings)), "a") for where in (experiment, on_cpu)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("technique", ["pruning", "quantization", "neuron_pruning"])
def test_doses_are_given_on_the_gpu(tmp_path: Path, technique: str) -> None:
    experiment = wide_on_gpu(tmp_path, {})
    run(tmp_path / "run", experiment)
    documents = done(tmp_path, "doses", experiment, run=str(tmp_path / "run"), technique=technique, windows=4)
    assert ended(documents).status == "done", ended(documents)
    assert len(trials(documents)) > 2
    assert torch.cuda.is_available()
