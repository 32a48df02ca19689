"""The time a training will take comes from finished runs like it on this machine, or is not told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gpulab.events.documents import RunEnded
from gpulab.hardware.machine import Machine, this_machine
from gpulab.spec import files
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.techniques import BY_NAME
from gpulab.viewmodels.estimates import forecast
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.speeds import Finished, Speeds, finished

NAME = this_machine().device_name("cpu")


def changed(experiment: Experiment, **training: object) -> Experiment:
    return msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, **training))


@pytest.fixture
def machine() -> Machine:
    return msgspec.structs.replace(this_machine(), gpus=())


def test_the_median_of_runs_alike_and_nothing_for_others(machine: Machine) -> None:
    speeds, nano = Speeds(machine), experiment_from("nano")
    assert speeds(nano) is None
    for measured in (100.0, 9000.0, 300.0):
        speeds.add(nano, NAME, measured)
    assert speeds(nano) == 300.0
    assert speeds(changed(nano, steps=7, seed=5, learning_rate=0.5)) == 300.0
    assert speeds(experiment_from("mini")) is None
    assert speeds(changed(nano, batch_size=nano.training.batch_size + 1)) is None
    assert speeds(changed(nano, optimizer="adamw_8bit")) is None
    for slower in ("precision", "data_parallel", "architecture", "gradient_checkpointing"):
        other = {slower: BY_NAME[slower].Settings()}
        assert speeds(msgspec.structs.replace(nano, techniques=other)) is None
    pruned = {"pruning": BY_NAME["pruning"].Settings()}
    assert speeds(msgspec.structs.replace(nano, techniques=pruned)) == 300.0


def test_a_run_of_another_machine_tells_nothing_here(machine: Machine) -> None:
    speeds, nano = Speeds(machine), experiment_from("nano")
    speeds.add(nano, "another processor", 5.0)
    assert speeds(nano) is None


def test_the_forecast_follows(machine: Machine) -> None:
    speeds, nano = Speeds(machine), experiment_from("nano")
    assert forecast(nano, 64, speeds).seconds is None
    speeds.add(nano, NAME, 500.0)
    assert forecast(nano, 64, speeds).seconds == nano.tokens_per_step * nano.training.steps / 500.0


def test_runs_are_read_once_and_damaged_ones_left_out(machine: Machine, tmp_path: Path) -> None:
    speeds, nano = Speeds(machine), experiment_from("nano")
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    for folder in (whole, damaged):
        folder.mkdir()
    files.save(nano, whole / "experiment.toml")
    (damaged / "experiment.toml").write_text("[model", encoding="utf-8")
    runs = [Finished(whole, NAME, 40.0), Finished(damaged, NAME, 1.0)]
    assert speeds.learn(runs) == 2
    assert speeds.learn(runs) == 0
    assert speeds(nano) == 40.0


def test_only_runs_that_came_to_their_end_count(tmp_path: Path) -> None:
    run = RunRecord("a", tmp_path, "a")
    run.listed_device = NAME
    run.take([RunEnded(status="stopped", step=3, summary={"tokens_per_s": 10.0})])
    assert finished(run) is None
    run.take([RunEnded(status="done", step=3, summary={"tokens_per_s": 10.0})])
    assert finished(run) == Finished(tmp_path, NAME, 10.0)
    run.replayed = True
    assert finished(run) is None
