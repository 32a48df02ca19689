"""GPT-2's race on a GPU is fair: both sides learn the same from the same batches, and do the same to their weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gpulab.bench.gpu import PlainLoop, experiment_of
from gpulab.bench.trainings import EngineTraining
from gpulab.engine.build import prepare_text
from gpulab.events.documents import Sample
from gpulab.events.log import EventLog, read_all

CPU = torch.device("cpu")
VOCABULARY = 320
STEPS = 8


def test_both_sides_of_the_race_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda model, **_: model)
    experiment = experiment_of("nano", CPU, STEPS, batch_size=4)
    text = prepare_text(experiment)
    with EventLog(tmp_path) as log:
        engine = EngineTraining(experiment, text, log, tmp_path, CPU, VOCABULARY)
        plain = PlainLoop(engine, text, CPU, VOCABULARY)
        try:
            engine.train(STEPS)
            plain.train(STEPS)
        finally:
            torch.use_deterministic_algorithms(True)
        engine.finish()
    told = [one.values["train_loss"] for one in read_all(tmp_path) if isinstance(one, Sample)]
    assert told == pytest.approx(plain.losses, abs=2e-3)
    assert plain.losses[0] > plain.losses[-1] + 0.1
    assert _decays(engine.state.model, engine.state.optimizer) == _decays(plain.model, plain.optimizer)
    ours, theirs = engine.state.model.state_dict(), plain.model.state_dict()
    assert max(float((ours[name] - theirs[name]).abs().max()) for name in theirs) < 5e-3


def _decays(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, float]:
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {names[each]: group["weight_decay"] for group in optimizer.param_groups for each in group["params"]}
