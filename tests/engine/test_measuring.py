"""What is measured is measured right: quality, memory, and nothing is disturbed by the measuring."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch

from gpulab.engine.batches import TrainingBatches, fixed_windows
from gpulab.engine.build import build
from gpulab.engine.evaluation import JUDGED_BYTES, final_exam, make_exam, take_exam
from gpulab.engine.loop import training_steps
from gpulab.engine.model import GPT, initialize, next_token_loss
from gpulab.engine.probes.memory import SavedTensors, state_bytes
from gpulab.spec.decode import decode, encode
from gpulab.spec.estimates import estimate
from gpulab.spec.plan import Plan
from gpulab.spec.presets import experiment_from
from gpulab.techniques import REGISTRY, plan_of
from gpulab.text.tokenizers import Bytes, Characters
from tests.engine.support import built, ended, run, tiny

CPU = torch.device("cpu")


class Uniform(torch.nn.Module):
    """Knows nothing: every one of 8 tokens is as likely as any other."""

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.zeros(*tokens.shape, 8)


def test_a_model_that_knows_nothing_needs_log2_of_the_vocabulary_in_bits() -> None:
    letters = Characters("abcdefgh")
    exam = make_exam(letters.encode("abcdefgh" * 40), letters, 16, 4)
    quality = take_exam(Uniform(), exam, CPU, nullcontext)
    assert quality.bits_per_byte == pytest.approx(3.0)
    assert quality.loss == pytest.approx(math.log(8))
    assert quality.perplexity == pytest.approx(8.0)


def test_bits_per_byte_count_bytes_and_not_characters() -> None:
    letters = Characters("aäöüßéèê")  # all but one take two bytes
    exam = make_exam(letters.encode("aäöüßéèê" * 40), letters, 16, 4)
    assert take_exam(Uniform(), exam, CPU, nullcontext).bits_per_byte == pytest.approx(3.0 * 8 / 15, rel=0.01)


def test_windows_do_not_overlap_and_never_change() -> None:
    tokens = np.arange(1000, dtype=np.uint16)
    inputs, targets = fixed_windows(tokens, 10, most=7)
    assert inputs.shape == (7, 10)
    assert torch.equal(inputs + 1, targets)
    assert len(set(inputs.flatten().tolist())) == 70
    assert torch.equal(inputs, fixed_windows(tokens, 10, most=7)[0])


def test_both_tokenizers_are_judged_on_the_same_bytes() -> None:
    text = "Grüße, naïve café — " * 12_000
    letters = Characters.of(text)
    exams = [final_exam(known.encode(text), known, 32, 4) for known in (letters, Bytes())]
    assert all(JUDGED_BYTES - 200 <= exam.bytes <= JUDGED_BYTES for exam in exams)


def test_an_exam_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    state, _, text = built(tiny(tmp_path, {"normalization": {"kind": "batchnorm"}}))
    state.model.train()
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    take_exam(state.model, make_exam(text.test, text.tokenizer, 16, 4), CPU, nullcontext)
    assert state.model.training
    assert all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())


def test_counting_saved_tensors_changes_no_gradient() -> None:
    plan = Plan(vocab_size=11, n_layer=2, n_head=2, n_embd=8, context_length=6, bias=False, batch_size=3)
    tokens = torch.randint(11, (3, 6), generator=torch.Generator().manual_seed(0))
    gradients = []
    for counted in (True, False):
        model = GPT(plan)
        initialize(model, 1)
        counter = SavedTensors(model)
        with counter.counting() if counted else nullcontext():
            loss = next_token_loss(model(tokens), tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append([parameter.grad for parameter in model.parameters()])
        assert (counter.bytes > 0) == counted
    assert all(
        torch.equal(one, two) for one, two in zip(*gradients, strict=True) if one is not None and two is not None
    )


@pytest.mark.parametrize("name", ["nano", "mini", "small"])
@pytest.mark.parametrize(
    "techniques", [{}, {"precision": {}}, {"normalization": {"kind": "rmsnorm"}}, {"normalization": {}}], ids=str
)
def test_promised_memory_is_within_a_quarter_of_the_measured_peak(
    name: str, techniques: dict[str, dict[str, str]]
) -> None:
    experiment = decode({**encode(experiment_from(name)), "techniques": techniques}, REGISTRY)
    state, pipeline = build(experiment, 82, CPU, lambda document: None)
    tokens = np.random.default_rng(0).integers(0, 82, 5000).astype(np.uint16)
    training, model = experiment.training, experiment.model
    batches = TrainingBatches(tokens, training.batch_size, model.context_length, 1, CPU)
    counter = SavedTensors(state.model)
    inputs, targets = batches.draw(0, 0)
    with counter.counting(), pipeline.forward_context(state):
        next_token_loss(state.model(inputs), targets)
    next(training_steps(state, pipeline, batches))  # gives the optimizer its state
    measured = counter.bytes + state_bytes(state.model, state.optimizer)
    promised = estimate(plan_of(experiment, 82), training.optimizer).peak_bytes
    assert promised == pytest.approx(measured, rel=0.25)


def test_the_result_holds_the_compressed_model_beside_the_trained_one(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"pruning": {"amount": 0.7}, "quantization": {}})
    summary = ended(run(tmp_path / "run", experiment)).summary
    compressed = summary["compressed"]
    assert summary["zero_share"] == 0.0
    assert compressed["zero_share"] >= 0.7
    assert compressed["model_bytes"] == (tmp_path / "run/compressed.safetensors").stat().st_size
    assert summary["model_bytes"] == (tmp_path / "run/model.safetensors").stat().st_size
    assert compressed["test_loss"] != summary["test_loss"]
    assert compressed["inference_tokens_per_s"] > 0
