"""Every scheme stores what it says, reopens with the same logits, and training for it rounds as storing does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.engine.evaluation import make_exam
from gpulab.engine.model import next_token_loss
from gpulab.engine.model_file import load_model, save_model
from gpulab.engine.result import compressed_copy
from gpulab.engine.size import parameter_count, weight_bytes, zero_share
from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Model
from gpulab.spec.problem import BadInput
from gpulab.techniques import BY_NAME, fit
from tests.engine.support import built, ended, losses, run, tiny

CPU_SCHEMES = ["int8_weight_only", "int8_dynamic", "int4_simulated", "int2_simulated", "float8_simulated"]
TOKENS = torch.arange(32).view(2, 16) % 20


@pytest.mark.parametrize("layers", ["all", "mlp", "attention"])
@pytest.mark.parametrize("scheme", CPU_SCHEMES)
def test_a_quantized_model_reopens_with_the_same_logits(tmp_path: Path, scheme: str, layers: str) -> None:
    state, pipeline, _ = built(tiny(tmp_path, {"quantization": {"scheme": scheme, "layers": layers}}))
    model = compressed_copy(state, pipeline)
    assert model is not None
    size = save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    logits = model.eval()(TOKENS)
    assert torch.equal(again(TOKENS), logits)
    assert not torch.equal(state.model.eval()(TOKENS), logits)
    assert size == (tmp_path / "model.safetensors").stat().st_size
    assert parameter_count(model) == parameter_count(state.model)
    assert weight_bytes(model) < weight_bytes(state.model)


def test_only_the_chosen_layers_are_rounded(tmp_path: Path) -> None:
    def rounded(layers: str) -> set[str]:
        experiment = tiny(tmp_path, {"quantization": {"layers": layers}})
        state, pipeline, _ = built(experiment)
        model = compressed_copy(state, pipeline)
        assert model is not None
        return {name for name, value in model.named_parameters() if type(value.data) is not torch.Tensor}

    everything = rounded("all")
    assert len(everything) == 2 * 4
    assert rounded("mlp") | rounded("attention") == everything
    assert all("mlp" in name for name in rounded("mlp"))


@pytest.mark.parametrize("scheme", CPU_SCHEMES)
def test_training_rounds_as_the_finished_model_does(tmp_path: Path, scheme: str) -> None:
    settings = {"scheme": scheme, "aware": True, "aware_from": 0.0}
    state, pipeline, _ = built(tiny(tmp_path, {"quantization": settings}))
    model = compressed_copy(state, pipeline)
    assert model is not None
    with torch.no_grad(), pipeline.forward_context(state):
        in_training = state.model.eval()(TOKENS)
    # Inputs in 8 bits are rounded around their middle in training, and around zero afterwards.
    tolerance = 2e-2 if scheme == "int8_dynamic" else 1e-5
    torch.testing.assert_close(in_training, model.eval()(TOKENS), rtol=0, atol=tolerance)


def test_rounding_sets_in_where_it_should_and_is_seen_in_the_loss(tmp_path: Path) -> None:
    aware = {"scheme": "int2_simulated", "aware": True, "aware_from": 0.5}
    rounded = losses(run(tmp_path / "aware", tiny(tmp_path, {"quantization": aware})))
    plain = losses(run(tmp_path / "plain", tiny(tmp_path)))
    assert [rounded[step] == plain[step] for step in range(1, 13)] == [True] * 6 + [False] * 6


def test_the_trained_model_is_written_without_its_rounding(tmp_path: Path) -> None:
    aware = {"scheme": "int2_simulated", "aware": True, "aware_from": 0.0}
    documents = run(tmp_path / "run", tiny(tmp_path, {"quantization": aware}))
    model = load_model(tmp_path / "run" / "model.safetensors")
    assert all(type(value.data) is torch.Tensor for value in model.parameters())
    state, _, text = built(tiny(tmp_path))
    exam = make_exam(text.validation, text.tokenizer, 16, 4, most=8)
    from contextlib import nullcontext

    from gpulab.engine.evaluation import take_exam

    quality = take_exam(model, exam, state.device, nullcontext)
    summary = ended(documents).summary
    assert quality.loss == pytest.approx(summary["val_loss"], abs=1e-6)
    assert summary["compressed"]["val_loss"] != summary["val_loss"]


def test_two_bits_are_borne_better_by_a_model_that_trained_for_them(tmp_path: Path) -> None:
    def loss(**settings: bool | float) -> float:
        experiment = tiny(
            tmp_path, {"quantization": {"scheme": "int2_simulated", **settings}}, steps=150, learning_rate=0.01
        )
        folder = tmp_path / f"{settings}"
        result: float = ended(run(folder, experiment)).summary["compressed"]["test_loss"]
        return result

    assert loss(aware=True, aware_from=0.3) < loss() - 0.05


def test_what_needs_a_gpu_is_refused_with_the_reason(tmp_path: Path) -> None:
    machine = Machine("p", 4, 2**33)
    for scheme, needed in (("int4", "8.0"), ("float8", "8.9")):
        with pytest.raises(BadInput) as refused:
            fit(tiny(tmp_path, {"quantization": {"scheme": scheme}}), machine)
        keys = {problem.key: problem.arguments for problem in refused.value.problems}
        assert keys["needs_compute_capability_none"] == {"needed": needed}


@pytest.mark.parametrize(
    ("others", "n_layer", "blocks"),
    [({}, 2, 2), ({}, 3, None), ({"layer_sharing": {"group": 2}}, 4, 2), ({"layer_pruning": {"layers": 2}}, 4, 2)],
)
def test_a_model_without_inner_blocks_is_told_so(
    tmp_path: Path, others: dict[str, Any], n_layer: int, blocks: int | None
) -> None:
    """Nothing would be rounded: what shares its weights is one block, and what pruning takes away is none."""
    experiment = tiny(tmp_path, {"quantization": {"layers": "inner"}, **others})
    deeper = msgspec.structs.replace(experiment, model=msgspec.structs.replace(experiment.model, n_layer=n_layer))
    problems = list(BY_NAME["quantization"].rules(deeper.techniques["quantization"], deeper))
    assert [problem.arguments["blocks"] for problem in problems] == ([] if blocks is None else [blocks])
    assert {problem.key for problem in problems} <= {"quantization_no_inner"}


@pytest.mark.parametrize(
    ("others", "keys"),
    [
        ({}, []),
        ({"activation": {"kind": "swiglu"}}, ["quantization_width_inside"]),
        ({"neuron_pruning": {"amount": 0.5}}, []),
        ({"neuron_pruning": {"amount": 0.4, "multiple": 16}}, ["quantization_neurons_left"]),
        ({"head_pruning": {}}, []),
        ({"precision": {"mode": "fp16"}}, ["quantization_needs_bf16"]),
    ],
)
def test_widths_that_no_kernel_takes_are_refused_before_the_training(
    tmp_path: Path, others: dict[str, Any], keys: list[str]
) -> None:
    """Mini is 128 wide; gated it has 341 neurons, and of 512 neurons 40 % less are 304."""
    experiment = tiny(tmp_path, {"quantization": {"scheme": "int4"}, **others})
    mini = msgspec.structs.replace(experiment, model=Model())
    problems = BY_NAME["quantization"].rules(mini.techniques["quantization"], mini)
    assert [problem.key for problem in problems] == keys


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "not.safetensors").write_bytes(b"nothing of the kind")
    for name in ("not.safetensors", "absent.safetensors"):
        with pytest.raises(BadInput) as refused:
            load_model(tmp_path / name)
        assert refused.value.problems[0].key == "model_unreadable"


@pytest.mark.parametrize("scheme", CPU_SCHEMES)
def test_rows_of_zeros_stay_zero(tmp_path: Path, scheme: str) -> None:
    """Pruning leaves such rows, and they have no largest number to scale by."""
    settings = {"scheme": scheme, "aware": True, "aware_from": 0.0}
    state, pipeline, _ = built(tiny(tmp_path, {"quantization": settings}))
    with torch.no_grad():
        for block in (0, 1):
            state.model.get_parameter(f"blocks.{block}.mlp.expand.weight")[:8] = 0.0
    loss = next_token_loss(state.model(TOKENS), TOKENS)
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is not None and p.grad.isfinite().all() for p in state.model.parameters())
    with pipeline.forward_context(state):
        pass  # which forgets the scales
    model = compressed_copy(state, pipeline)
    assert model is not None
    assert model.eval()(TOKENS).isfinite().all()
    assert zero_share(model) >= 8 / 64 * (16 * 64) / (2 * 16 * 64 + 4 * 16 * 16)
