"""Names follow the experiment until a person types one."""

from __future__ import annotations

import pytest

from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.viewmodels.form import FormModel
from gpulab.viewmodels.naming import named_apart


@pytest.fixture
def form() -> FormModel:
    return FormModel(this_machine(), experiment_from("nano"))


def test_a_name_follows_preset_and_techniques(form: FormModel) -> None:
    form.switch("precision", True)
    form.switch("normalization", True)
    form.set("techniques.normalization.kind", "batchnorm")
    assert set(form.experiment.name.removeprefix("GPT nano + ").split(", ")) == {"bf16", "BatchNorm"}
    form.pick_preset("mini")
    assert form.experiment.name.startswith("GPT mini + ")
    form.switch("precision", False)
    form.switch("normalization", False)
    form.set("model.n_layer", 3)
    assert form.experiment.name == "GPT of 3 layers"


def test_a_typed_name_stays(form: FormModel) -> None:
    form.set("name", "Mine")
    form.switch("pruning", True)
    form.pick_preset("mini")
    assert form.experiment.name == "Mine"


def test_equal_names_are_numbered() -> None:
    assert named_apart(Experiment(name="a"), {"b"}).name == "a"
    assert named_apart(Experiment(name="a"), {"a", "a 2"}).name == "a 3"
