"""The dangers of the machine: on recorded figures where a GPU is needed, else in real trainings made to suffer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.analysis.dangers import DETECTORS, Danger, Evidence, Finding, Points
from gpulab.engine.examinations.examination import Subject
from gpulab.engine.examinations.processor import PROCESSOR
from gpulab.engine.state import TrainingState
from gpulab.events.documents import Sample
from gpulab.spec.decode import encode, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.techniques import REGISTRY
from gpulab.techniques.compilation import Compilation
from gpulab.techniques.token_replacement import TokenReplacement
from tests.analysis.dangers.trainings import evidence_of
from tests.engine.support import built, run, tiny

RULES = {detector.name: detector for detector in DETECTORS}
NANO = experiment_from("nano")


def told(
    experiment: Experiment = NANO,
    series: Mapping[str, list[float]] | None = None,
    findings: tuple[Finding, ...] = (),
    **summary: float,
) -> Evidence:
    """A run of 300 steps with these readings, one every ten steps."""
    points = {
        key: Points(tuple(range(10, 10 * len(each) + 1, 10)), tuple(each)) for key, each in (series or {}).items()
    }
    return Evidence(300, 300, encode(experiment), points, findings=findings, summary=summary, status="done")


def found(name: str, evidence: Evidence) -> Danger | None:
    return RULES[name].look(evidence)


@pytest.mark.parametrize(
    ("shares", "raised"),
    [([0.5] * 9, True), ([0.02] * 9, False), ([0.5] * 4, False), ([0.9] * 2 + [0.1] * 8, False)],
)
def test_starvation_is_a_share_of_the_whole_training(shares: list[float], raised: bool) -> None:
    assert (found("starvation", told(series={"data_share": shares})) is not None) == raised


def test_what_starves_is_named_with_what_can_be_switched_off() -> None:
    sent = with_values(NANO, {"techniques.data_transfer": True}, REGISTRY)
    danger = found("starvation", told(sent, {"data_share": [0.6] * 10}))
    assert danger is not None
    assert (danger.arguments["percent"], danger.arguments["times"]) == (60, 2.5)
    assert danger.tries[0].changes == {"techniques.data_transfer": False}


def test_a_training_that_waits_for_its_text_is_starved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = TokenReplacement.edit_batch

    def slow(self: TokenReplacement, *batch: Any) -> Any:
        time.sleep(0.02)
        return edit(self, *batch)

    monkeypatch.setattr(TokenReplacement, "edit_batch", slow)
    evidence = evidence_of(run(tmp_path / "run", tiny(tmp_path, {"token_replacement": {}}, steps=60)))
    danger = found("starvation", evidence)
    assert danger is not None
    assert [one.key for one in danger.tries] == ["try_no_token_replacement"]


def test_a_training_that_does_not_is_not(tmp_path: Path) -> None:
    evidence = evidence_of(run(tmp_path / "run", tiny(tmp_path, steps=60)))
    assert all(0.0 <= share < 0.3 for _, share in evidence.points("data_share").known)
    assert found("starvation", evidence) is None


GB = 1e9


@pytest.mark.parametrize(
    ("pieces", "reserved", "key"),
    [
        ([0.1 * GB, 3.0 * GB, 3.2 * GB, 3.1 * GB], 9.0 * GB, "fragmented"),
        ([0.1 * GB, 3.0 * GB, 3.2 * GB, 3.1 * GB], 20.0 * GB, ""),  # a sixth
        ([0.1 * GB, 0.3 * GB, 0.3 * GB, 0.3 * GB], 0.9 * GB, ""),  # a third, but of next to nothing
        ([3.0 * GB, 3.0 * GB], 9.0 * GB, ""),  # too few looks
    ],
)
def test_fragmentation_is_a_share_of_what_is_reserved(pieces: list[float], reserved: float, key: str) -> None:
    evidence = told(series={"mem_fragmentation": pieces, "vram_reserved_bytes": [reserved] * 9})
    danger = found("fragmentation", evidence)
    assert (danger.key if danger else "") == key
    assert danger is None or danger.tries[0].changes == {"techniques.allocator": True}


@pytest.mark.parametrize(("times", "key"), [(0.0, ""), (2.0, ""), (3.0, "recompiled"), (8.0, "recompiled_given_up")])
def test_a_storm_is_three_recompilations(times: float, key: str) -> None:
    danger = found("recompiling", told(series={"recompiles": [0.0, times, times]}))
    assert (danger.key if danger else "") == key


def test_a_model_that_never_stays_the_same_is_recompiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = Compilation.edit_batch

    def change(self: Compilation, inputs: torch.Tensor, targets: torch.Tensor, state: TrainingState) -> Any:
        state.model.context_length = 1000 + state.step  # the compiled model has taken that number for granted
        return edit(self, inputs, targets, state)

    experiment = tiny(tmp_path, {"compilation": {"backend": "aot_eager"}})
    steady = evidence_of(run(tmp_path / "steady", experiment))
    assert [times for _, times in steady.points("recompiles").known] == [0.0] * 3
    monkeypatch.setattr(Compilation, "edit_batch", change)
    danger = found("recompiling", evidence_of(run(tmp_path / "storm", experiment)))
    assert danger is not None
    assert danger.arguments["times"] >= 3


@pytest.mark.parametrize(
    ("workers", "share", "key"),
    [
        (2, 0.1, ""),
        (2, 0.3, "exchange_eats_half"),
        (2, 0.6, "exchange_eats_all"),
        (8, 0.3, ""),
        (8, 0.6, "exchange_eats_half"),
    ],
)
def test_the_speed_up_is_eaten_by_what_workers_wait(workers: int, share: float, key: str) -> None:
    changes = {"training.batch_size": 16, "techniques.data_parallel": True, "techniques.data_parallel.workers": workers}
    evidence = told(with_values(NANO, changes, REGISTRY), {"exchange_share": [share] * 6})
    danger = found("exchange", evidence)
    assert (danger.key if danger else "") == key
    assert found("exchange", told(series={"exchange_share": [share] * 6})) is None  # who is alone waits for nobody


@pytest.mark.parametrize(("gpu", "key"), [(20_000.0, "gpu_slower"), (40_000.0, "gpu_hardly_faster"), (90_000.0, "")])
def test_a_gpu_is_held_against_the_processor_beside_it(gpu: float, key: str) -> None:
    there = Finding("processor", 300, {"tokens_per_s": 30_000.0}, final=True)
    danger = found("gpu_for_nothing", told(findings=(there,), tokens_per_s=gpu))
    assert (danger.key if danger else "") == key
    assert found("gpu_for_nothing", told(tokens_per_s=gpu)) is None


def test_the_processor_is_measured_where_a_gpu_trained_something_small(tmp_path: Path) -> None:
    state, pipeline, text = built(tiny(tmp_path))
    windows = torch.from_numpy(text.validation[: 8 * 17].astype("int64")).view(8, 17)

    def asked() -> float | None:
        batch = windows[:, :-1], windows[:, 1:]
        context: Any = None
        subject = Subject(state.model, "trained", True, state, pipeline, text, batch, context, lambda: None)
        answer = PROCESSOR.examine(subject)
        return answer.values["tokens_per_s"] if answer else None

    assert asked() is None  # it trained there
    state.device = torch.device("cuda")  # as if: the model itself is copied to the processor in any case
    speed = asked()
    assert speed is not None
    assert speed > 100.0
    assert all(parameter.grad is None for parameter in state.model.parameters())


def test_waiting_for_gradients_is_read_from_several_workers(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"data_parallel": {}}, steps=40))
    shares = [
        one.values["exchange_share"] for one in documents if isinstance(one, Sample) and "exchange_share" in one.values
    ]
    assert shares
    assert all(share is not None and 0.0 < share < 1.0 for share in shares)
