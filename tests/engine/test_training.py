"""Trainings repeat exactly, resume exactly, and a switch disturbs nothing but what it switches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.loop import learning_rate, training_steps
from gpulab.events.documents import Notice, Sample, TextGenerated
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.techniques import TECHNIQUES, unusable
from tests.engine.support import OPTIMIZERS, assert_resumes_exactly, built, ended, losses, run, tiny
from tests.engine.variants import REFERENCES, VARIANTS, Variant, name_of


def _step_losses(experiment: Experiment, steps: int) -> list[float]:
    state, pipeline, text = built(experiment)
    batches = TrainingBatches(text.train, 4, 16, state.seed, state.device)
    steps_taken = training_steps(state, pipeline, batches)
    return [next(steps_taken)[0].item() for _ in range(steps)]


def test_every_technique_is_among_the_variants() -> None:
    machine = this_machine()
    device = machine.resolved("auto")
    usable = {one.name for one in TECHNIQUES if not any(not setting for setting, *_ in unusable(one, machine, device))}
    assert {name for variant in VARIANTS for name in variant} == usable


@pytest.mark.parametrize("variant", VARIANTS, ids=name_of)
def test_a_stopped_run_resumes_as_if_nothing_had_happened(tmp_path: Path, variant: Variant) -> None:
    assert_resumes_exactly(tmp_path, tiny(tmp_path, variant))


@pytest.mark.parametrize("reference", REFERENCES, ids=name_of)
def test_the_reference_value_of_a_choice_is_bit_identical_to_absent(tmp_path: Path, reference: Variant) -> None:
    assert _step_losses(tiny(tmp_path, reference), 8) == _step_losses(tiny(tmp_path), 8)


def test_same_seed_same_losses_and_other_seed_other_losses(tmp_path: Path) -> None:
    first = _step_losses(tiny(tmp_path), 8)
    assert first == _step_losses(tiny(tmp_path), 8)
    assert first != _step_losses(tiny(tmp_path, seed=7), 8)


def test_compression_after_training_leaves_the_training_alone(tmp_path: Path) -> None:
    plain = losses(run(tmp_path / "plain", tiny(tmp_path)))
    compressed = losses(run(tmp_path / "compressed", tiny(tmp_path, {"pruning": {}, "quantization": {}})))
    assert plain == compressed


def test_data_order_does_not_depend_on_techniques_or_size(tmp_path: Path) -> None:
    _, _, text = built(tiny(tmp_path))
    batches = TrainingBatches(text.train, 4, 16, 1337, torch.device("cpu"))
    again = TrainingBatches(text.train, 4, 16, 1337, torch.device("cpu"))
    for step in (0, 5, 5, 3):
        assert torch.equal(batches.draw(step, 0)[0], again.draw(step, 0)[0])
    assert not torch.equal(batches.draw(1, 0)[0], batches.draw(2, 0)[0])
    assert not torch.equal(batches.draw(1, 0)[0], batches.draw(1, 1)[0])


def test_targets_are_the_tokens_after_the_inputs(tmp_path: Path) -> None:
    _, _, text = built(tiny(tmp_path))
    inputs, targets = TrainingBatches(text.train, 4, 16, 1, torch.device("cpu")).draw(0, 0)
    assert torch.equal(inputs[:, 1:], targets[:, :-1])


def test_accumulation_is_one_large_batch(tmp_path: Path) -> None:
    """Two micro-batches of 4 move the weights as one batch of the same 8 sequences does."""
    small, pipeline, text = built(tiny(tmp_path, accumulation=2))
    batches = TrainingBatches(text.train, 4, 16, small.seed, small.device)
    next(training_steps(small, pipeline, batches))
    large, pipeline, _ = built(tiny(tmp_path, batch_size=8))

    class Both:
        def draw(self, step: int, micro: int) -> tuple[torch.Tensor, torch.Tensor]:
            one, two = batches.draw(step, 0), batches.draw(step, 1)
            return torch.cat([one[0], two[0]]), torch.cat([one[1], two[1]])

    next(training_steps(large, pipeline, Both()))  # type: ignore[arg-type]
    for name, parameter in small.model.named_parameters():
        torch.testing.assert_close(parameter, large.model.get_parameter(name), rtol=1e-4, atol=1e-5)


def test_learning_improves_the_model(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, steps=120, learning_rate=0.01, eval_interval=60))
    validated = [d.values["val_loss"] for d in documents if isinstance(d, Sample) and "val_loss" in d.values]
    assert len(validated) == 3
    assert validated[-1] is not None
    assert validated[0] is not None
    assert validated[-1] < 0.8 * validated[0]


def test_a_gradient_that_is_not_finite_changes_no_weight_and_ends_the_run(tmp_path: Path) -> None:
    state, pipeline, text = built(tiny(tmp_path))
    with torch.no_grad():
        state.model.token_embedding.weight[0, 0] = float("inf")
    before = {name: value.clone() for name, value in state.model.named_parameters()}
    next(training_steps(state, pipeline, TrainingBatches(text.train, 4, 16, 1, state.device)))
    assert all(torch.equal(before[name], value) for name, value in state.model.named_parameters())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["layernorm", "batchnorm"])
def test_a_step_without_a_finite_gradient_leaves_no_trace(tmp_path: Path, optimizer: str, kind: str) -> None:
    state, pipeline, text = built(tiny(tmp_path, {"normalization": {"kind": kind}}, optimizer=optimizer))
    batches = TrainingBatches(text.train, 4, 16, state.seed, state.device)
    before = {name: value.clone() for name, value in state.model.state_dict().items() if value.is_floating_point()}
    pipeline.edit_loss.append(lambda loss, *_: loss * float("nan") if state.step == 0 else loss)
    steps = training_steps(state, pipeline, batches)
    next(steps)
    assert all(torch.equal(value, state.model.state_dict()[name]) for name, value in before.items())
    loss, norm = next(steps)
    assert loss.isfinite()
    assert norm.isfinite()
    assert all(value.isfinite().all() for value in state.model.state_dict().values())


def test_a_diverging_run_says_so_and_writes_null_for_nan(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"normalization": {"kind": "none"}}, steps=400, learning_rate=10.0, optimizer="sgd")
    documents = run(tmp_path / "run", experiment)
    assert (ended(documents).status, ended(documents).reason) == ("failed", "diverged")
    assert any(isinstance(document, Notice) and document.key == "step_skipped" for document in documents)
    assert None in losses(documents).values()
    assert b"NaN" not in (tmp_path / "run" / "events.jsonl").read_bytes()


def test_text_is_written_with_every_look(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path))
    texts = [document for document in documents if isinstance(document, TextGenerated)]
    assert [text.step for text in texts] == [0, 6, 12]
    assert all(len(text.text) == 5 for text in texts)


def test_schedules_follow_their_formulas(tmp_path: Path) -> None:
    def rates(**settings: Any) -> list[float]:
        state, pipeline, _ = built(tiny(tmp_path, {"schedule": settings}, steps=11, learning_rate=1.0))
        return [learning_rate(state, pipeline, step) for step in range(11)]

    assert rates(shape="linear", final_factor=0.0) == pytest.approx([1.0 - 0.1 * step for step in range(11)])
    cosine = rates(shape="cosine", final_factor=0.2)
    assert (cosine[0], cosine[5], cosine[10]) == pytest.approx((1.0, 0.6, 0.2))
    assert rates(shape="constant", warmup_steps=4) == pytest.approx([0.2, 0.4, 0.6, 0.8] + [1.0] * 7)
    stable = rates(shape="wsd", final_factor=0.0, decay_share=0.5)
    assert stable[:6] == pytest.approx([1.0] * 6)
    assert stable[8:] == pytest.approx([0.4, 0.2, 0.0], abs=1e-9)
