"""What short numbers lose is measured against the same weights in 32 bits, and a run in 32 bits is not asked."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest
import torch

from gpulab.analysis.dangers import Finding
from gpulab.analysis.dangers.short_numbers import SHORT_NUMBERS
from gpulab.engine.batches import fixed_windows
from gpulab.engine.examinations.examination import Found, Subject
from gpulab.engine.examinations.examiner import undisturbed
from gpulab.engine.examinations.precision import PRECISION
from gpulab.events.documents import Sample, SeriesDeclared
from tests.analysis.dangers.trainings import evidence_of
from tests.engine.support import built, run, tiny


def subject_of(folder: Path, mode: str = "", factor: float = 1.0, final: bool = False) -> Subject:
    """A model whose numbers are `mode`, its token embedding `factor` times as large."""
    techniques = {"precision": {"mode": mode}} if mode else {}
    state, pipeline, text = built(tiny(folder, techniques))
    with torch.no_grad():
        state.model.token_embedding.weight.mul_(factor)
    windows = fixed_windows(text.validation, 16, 8)
    context = partial(pipeline.forward_context, state)
    return Subject(state.model, "trained", final, state, pipeline, text, windows, context, lambda: None)


def asked(subject: Subject) -> Found | None:
    with (
        undisturbed(subject.model),
        torch.no_grad(),
        subject.pipeline.evaluation_context(subject.state),
    ):
        return PRECISION.examine(subject)


@pytest.mark.parametrize("mode", ["", "fp32"])
def test_32_bits_are_not_asked(tmp_path: Path, mode: str) -> None:
    assert asked(subject_of(tmp_path, mode)) is None


@pytest.mark.parametrize(
    ("mode", "noise"),
    [("bf16", (1e-3, 0.02)), ("fp16", (1e-4, 3e-3)), ("bf16_pure", (1e-3, 0.02)), ("float8_simulated", (0.01, 0.2))],
)
def test_each_kind_of_number_has_its_noise(tmp_path: Path, mode: str, noise: tuple[float, float]) -> None:
    subject = subject_of(tmp_path, mode)
    found = asked(subject)
    assert found is not None
    assert noise[0] < found.values["gradient_noise"] < noise[1]
    assert 0.0 < found.values["logit_noise"] < noise[1]
    assert found.values["flushed"] < 0.01
    assert found.values["not_finite"] == 0.0
    assert ("loss_scale" in found.values) == (mode == "fp16")
    assert all(each.grad is None for each in subject.model.parameters())


def test_gradients_that_overflow_in_fp16_are_counted(tmp_path: Path) -> None:
    found = asked(subject_of(tmp_path, "fp16", factor=1e5))
    assert found is not None
    assert found.values["not_finite"] > 0.1


def test_gradients_that_vanish_in_fp16_are_counted_and_the_loss_scale_saves_them(tmp_path: Path) -> None:
    subject = subject_of(tmp_path, "fp16", final=True)
    with torch.no_grad():
        for block in subject.state.model.blocks:
            block.mlp.projection.weight.mul_(1e-5)  # type: ignore[union-attr, operator]
    found = asked(subject)
    assert found is not None
    assert found.values["flushed_unscaled"] > 0.05
    assert found.values["flushed"] < 0.01


def test_pure_bf16_tells_how_many_weights_a_step_does_not_move(tmp_path: Path) -> None:
    """Ten times the rate moves more of them; the share is a share."""
    shares = []
    for rate in (1e-5, 1e-2):
        folder = tmp_path / str(rate)
        folder.mkdir()
        documents = run(folder / "run", tiny(folder, {"precision": {"mode": "bf16_pure"}}, learning_rate=rate))
        evidence = evidence_of(documents)
        last = evidence.found("precision")[-1]
        assert last.final
        shares.append(last.values["unmoved"] or 0.0)
        raised = SHORT_NUMBERS.look(evidence)
        assert (raised.key if raised else "") == ("short_unmoved" if rate == 1e-5 else "")
    assert 0.8 < shares[0] <= 1.0
    assert shares[1] < 0.3


def test_one_overflow_is_how_fp16_finds_its_scale(tmp_path: Path) -> None:
    evidence = evidence_of(run(tmp_path / "run", tiny(tmp_path, {"precision": {"mode": "fp16"}})))
    first, second = (Finding("precision", step, {"not_finite": 0.2}) for step in (6, 12))
    once, twice = (msgspec.structs.replace(evidence, findings=each) for each in ((first,), (first, second)))
    assert SHORT_NUMBERS.look(once) is None
    found = SHORT_NUMBERS.look(twice)
    assert found is not None
    assert (found.key, found.severity, found.step) == ("short_overflow", "danger", 6)


@pytest.mark.parametrize("mode", ["fp16", "bf16"])
def test_the_loss_scale_is_a_series_where_there_is_one(tmp_path: Path, mode: str) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"precision": {"mode": mode}}))
    declared = [one.key for one in documents if isinstance(one, SeriesDeclared)]
    sampled = [one.step for one in documents if isinstance(one, Sample) and "loss_scale" in one.values]
    assert ("loss_scale" in declared, sampled) == ((True, [0, 6, 12]) if mode == "fp16" else (False, []))
