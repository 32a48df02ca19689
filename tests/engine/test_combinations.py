"""Techniques are switched on in any company: whatever is not declared a conflict must train to its end."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpulab.hardware.machine import this_machine
from tests.engine.experiments import OPTIMIZERS, legal, quick_techniques, tables
from tests.engine.support import ended, run

_CALM = {"deadline": None, "suppress_health_check": list(HealthCheck)}
ALWAYS = settings(max_examples=200, derandomize=True, **_CALM)  # type: ignore[arg-type]
FEW = settings(max_examples=4, derandomize=True, **_CALM)  # type: ignore[arg-type]
MANY = settings(max_examples=1500, **_CALM)  # type: ignore[arg-type]

TRAINING = st.fixed_dictionaries(
    {"optimizer": st.sampled_from(OPTIMIZERS), "accumulation": st.sampled_from((1, 1, 2))},
    optional={"tokenizer": st.sampled_from(("bytes", "bpe"))},
)
Techniques = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("combinations")


def assert_trains(folder: Path, techniques: Techniques, training: dict[str, Any]) -> None:
    """Trains for four steps with two looks; an early end or diverging numbers are ends that a run may come to."""
    experiment = legal(folder, techniques, this_machine(), steps=4, eval_interval=2, checkpoint_interval=2, **training)
    with tempfile.TemporaryDirectory(dir=folder) as run_dir:
        last = ended(run(Path(run_dir), experiment))
    assert last.status == "done" or last.reason == "diverged", (last, experiment.training, experiment.techniques)
    assert last.step <= 4


@ALWAYS
@given(tables(quick_techniques()), TRAINING)
def test_any_legal_combination_trains(folder: Path, techniques: Techniques, training: dict[str, Any]) -> None:
    assert_trains(folder, techniques, training)


@FEW
@given(tables(quick_techniques()), TRAINING)
def test_any_legal_combination_can_be_compiled(folder: Path, techniques: Techniques, training: dict[str, Any]) -> None:
    assert_trains(folder, {**techniques, "compilation": {"backend": "aot_eager"}}, training)


@FEW
@given(tables([*quick_techniques(), "gradient_compression"]), TRAINING)
def test_any_legal_combination_trains_together(folder: Path, techniques: Techniques, training: dict[str, Any]) -> None:
    assert_trains(folder, {**techniques, "data_parallel": {"workers": 2}}, training)


@pytest.mark.slow
@MANY
@given(tables(quick_techniques()), TRAINING)
def test_many_more_legal_combinations_train(folder: Path, techniques: Techniques, training: dict[str, Any]) -> None:
    assert_trains(folder, techniques, training)


@pytest.mark.slow
@pytest.mark.timeout(600)
@FEW
@given(tables(quick_techniques()), TRAINING)
def test_legal_combinations_are_compiled_for_real(
    folder: Path, techniques: Techniques, training: dict[str, Any]
) -> None:
    """Inductor keeps the threads that it compiles with until the process ends; a worker's end with it, a test's stay.

    With one of them it compiles in the thread that asks.
    """
    from torch._inductor import config

    with config.patch(compile_threads=1):
        assert_trains(folder, {**techniques, "compilation": {"backend": "inductor"}}, training)
