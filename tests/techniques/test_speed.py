"""What makes a training faster or smaller does what it says and no more, and is refused where it cannot work."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from gpulab.engine.batches import TrainingBatches
from gpulab.engine.build import build, set_up_torch
from gpulab.engine.loop import training_steps
from gpulab.engine.optimizers.skipping import SkipsBadSteps
from gpulab.events.documents import AnyDocument, Notice, RunResumed
from gpulab.events.log import read_all
from gpulab.hardware.machine import Machine, this_machine
from gpulab.hardware.nvidia import Gpu
from gpulab.runs import launcher
from gpulab.spec.allocation import VARIABLE, allocator_words
from gpulab.spec.decode import decode, encode
from gpulab.spec.estimates import estimate
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import save
from gpulab.techniques import BY_NAME, REGISTRY, cautions, plan_of, problems, unusable
from gpulab.techniques.float8 import multiply_in_float8
from tests.engine.support import OPTIMIZERS, built, ended, losses, run, tiny

ABLE = Machine("CPU", 4, 2**33, compiler=True, python_headers=True)
GPU = msgspec.structs.replace(ABLE, gpus=(Gpu(0, "H200", 2**37, (9, 0)),), triton=True)


def _train(experiment: Experiment, steps: int = 4) -> tuple[Any, list[float], list[AnyDocument]]:
    state, pipeline, text = built(experiment)
    documents: list[AnyDocument] = []
    state.emit = documents.append
    training = experiment.training
    batches = TrainingBatches(text.train, training.batch_size, 16, state.seed, state.device)
    going = training_steps(state, pipeline, batches)
    return state, [next(going)[0].item() for _ in range(steps)], documents


def _keys(experiment: Experiment, machine: Machine = ABLE) -> list[str]:
    return [problem.key for problem in problems(experiment, machine)]


# --- precision -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_pure_bf16_is_bf16_throughout(tmp_path: Path, optimizer: str) -> None:
    state, _, _ = _train(tiny(tmp_path, {"precision": {"mode": "bf16_pure"}}, optimizer=optimizer), 2)
    assert {parameter.dtype for parameter in state.model.parameters()} == {torch.bfloat16}
    kept = [
        value
        for parameter in state.model.parameters()
        for name, value in state.optimizer.state[parameter].items()
        if isinstance(value, torch.Tensor) and name != "step"
    ]
    assert kept
    assert {value.dtype for value in kept} == {torch.bfloat16}
    assert state.model(torch.zeros(1, 4, dtype=torch.int64)).dtype is torch.bfloat16


def test_pure_bf16_halves_what_is_promised_and_what_is_written(tmp_path: Path) -> None:
    short, long = (tiny(tmp_path, {"precision": {"mode": mode}}, steps=2) for mode in ("bf16_pure", "fp32"))
    promised = [estimate(plan_of(experiment, 64), "adamw") for experiment in (short, long)]
    assert promised[0].weights_bytes * 2 == promised[1].weights_bytes
    assert promised[0].gradients_bytes * 2 == promised[1].gradients_bytes
    assert promised[0].optimizer_bytes * 2 == promised[1].optimizer_bytes
    assert ended(run(tmp_path / "run", short)).status == "done"
    assert {t.dtype for t in load_file(tmp_path / "run/model.safetensors").values()} == {torch.bfloat16}


def test_float8_layers_train_and_plain_ones_are_looked_at(tmp_path: Path) -> None:
    from torchao.float8.float8_linear import Float8Linear

    state, pipeline, _ = built(tiny(tmp_path, {"precision": {"mode": "float8_simulated"}}))
    layers = [module for module in state.model.modules() if isinstance(module, torch.nn.Linear)]
    assert len(layers) == 8
    assert all(isinstance(layer, Float8Linear) for layer in layers)
    tokens = torch.arange(16)[None] % 20
    with pipeline.forward_context(state), torch.no_grad():
        trained = state.model(tokens)
    with pipeline.evaluation_context(state), pipeline.forward_context(state), torch.no_grad():
        plain = [module for module in state.model.modules() if isinstance(module, torch.nn.Linear)]
        assert {type(layer) for layer in plain} == {torch.nn.Linear}
        assert all(one.weight is two.weight for one, two in zip(layers, plain, strict=True))
        looked_at = state.model(tokens)
    assert layers == [module for module in state.model.modules() if isinstance(module, torch.nn.Linear)]
    assert not torch.equal(trained, looked_at)
    torch.testing.assert_close(trained, looked_at, rtol=0.2, atol=0.05)


def test_layers_that_no_kernel_takes_are_named(tmp_path: Path) -> None:
    model = {"n_layer": 1, "n_head": 4, "n_embd": 16, "context_length": 16}
    techniques = {"precision": {"mode": "float8_simulated"}, "grouped_query_attention": {"kv_heads": 1}}
    experiment = decode({**encode(tiny(tmp_path)), "model": model, "techniques": techniques}, REGISTRY)
    told: list[AnyDocument] = []
    build(experiment, 30, torch.device("cpu"), told.append)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert (notice.key, notice.arguments["layers"]) == ("float8_left_out", "blocks.0.attention.qkv")
    with pytest.raises(ValueError, match="multiples of 16"):
        multiply_in_float8(torch.nn.Sequential(torch.nn.Linear(5, 16)), emulate=True)


def test_float8_is_refused_where_it_cannot_work_and_a_simulation_says_so(tmp_path: Path) -> None:
    def asked(mode: str, **more: dict[str, Any]) -> Experiment:
        return tiny(tmp_path, {"precision": {"mode": mode}, **more})

    assert _keys(asked("float8")) == ["needs_compute_capability_none"]
    assert _keys(msgspec.structs.replace(asked("float8"), device="cuda"), GPU) == []
    narrow = asked("float8_simulated")
    narrow = msgspec.structs.replace(narrow, model=msgspec.structs.replace(narrow.model, n_embd=24))
    assert _keys(narrow) == ["float8_width"]
    assert _keys(asked("float8_simulated", quantization={"aware": True})) == ["float8_rounds_already"]
    told = {choice: problem.key for _, choice, problem in cautions(BY_NAME["precision"], ABLE, "cpu")}
    assert told["float8_simulated"] == "float8_training_simulated"
    assert told["bf16_pure"] == "bf16_slow_here"


# --- kernels and compilation ---------------------------------------------------------------------------------------


def test_products_are_rounded_to_tf32_only_where_that_is_asked_for(tmp_path: Path) -> None:
    """By itself torch lets cuDNN do that to an LSTM; and what one training set, the next does not inherit."""
    backends: Any = torch.backends

    def now() -> tuple[str, str]:
        return backends.cuda.matmul.fp32_precision, backends.cudnn.rnn.fp32_precision

    set_up_torch(1)
    assert now() == ("ieee", "ieee")
    built(tiny(tmp_path, {"precision": {"mode": "tf32"}}))
    assert now() == ("tf32", "tf32")
    set_up_torch(1)
    assert now() == ("ieee", "ieee")


@pytest.mark.parametrize("kernel", ["foreach", "for_loop"])
def test_other_kernels_train_alike(tmp_path: Path, kernel: str) -> None:
    state, there, _ = _train(tiny(tmp_path, {"optimizer_kernel": {"kernel": kernel}}))
    assert isinstance(state.optimizer, SkipsBadSteps)
    assert (state.optimizer.param_groups[0]["foreach"], state.optimizer.param_groups[0]["fused"]) == (
        kernel == "foreach",
        False,
    )
    assert there == pytest.approx(_train(tiny(tmp_path))[1], rel=1e-5)


def test_an_optimizer_with_one_kernel_has_no_choice(tmp_path: Path) -> None:
    assert _keys(tiny(tmp_path, {"optimizer_kernel": {}}, optimizer="lion")) == ["optimizer_has_one_kernel"]
    assert _keys(tiny(tmp_path, {"optimizer_kernel": {}}, optimizer="sgd")) == []


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_compiled_model_learns_the_same(tmp_path: Path, precision: str) -> None:
    """Taken apart and run as before: what measuring disturbed would show. BatchNorm's averages are a trap here."""
    techniques: dict[str, dict[str, Any]] = {"precision": {"mode": precision}, "normalization": {"kind": "batchnorm"}}
    state, there, documents = _train(tiny(tmp_path, {**techniques, "compilation": {"backend": "aot_eager"}}))
    plain, here, _ = _train(tiny(tmp_path, techniques))
    assert there == pytest.approx(here, rel=1e-5 if precision == "fp32" else 1e-2)
    for name, buffer in plain.model.named_buffers():
        torch.testing.assert_close(buffer, state.model.get_buffer(name), rtol=1e-3, atol=1e-3)
    (notice,) = documents
    assert isinstance(notice, Notice)
    assert notice.key in ("compiled", "compiled_in_vain")
    assert all(isinstance(notice.arguments[name], float) for name in ("seconds", "before_ms", "after_ms"))


def test_compiling_needs_a_compiler_and_says_which_part_is_missing(tmp_path: Path) -> None:
    compilation = BY_NAME["compilation"]

    def missing(machine: Machine, device: str = "cpu") -> str:
        return next((problem.key for _, _, problem in unusable(compilation, machine, device)), "")

    assert missing(ABLE) == ""
    assert missing(msgspec.structs.replace(ABLE, compiler=False)) == "needs_compiler"
    assert missing(msgspec.structs.replace(ABLE, python_headers=False)) == "needs_python_headers"
    assert missing(GPU, "cuda:0") == ""
    assert missing(msgspec.structs.replace(GPU, triton=False), "cuda:0") == "needs_library"
    graphs = tiny(tmp_path, {"compilation": {"mode": "reduce_overhead"}}, accumulation=2)
    assert _keys(graphs) == ["cuda_graphs_keep_gradients"]
    assert _keys(tiny(tmp_path, {"compilation": {"mode": "reduce_overhead"}})) == []


def _worked(run_dir: Path, experiment: Experiment | None = None) -> list[AnyDocument]:
    """The documents of a run in a process of its own: a compiler leaves threads and processes behind in its own."""
    if experiment:
        run_dir.mkdir()
        save(experiment, run_dir / "experiment.toml")
    worker = launcher.start(run_dir, resume=experiment is None)
    while worker.alive:
        time.sleep(0.05)
    return read_all(run_dir)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("optimizer", ["adamw", "adamw_8bit"])
def test_the_real_compiler_builds_a_model_that_resumes_exactly(tmp_path: Path, optimizer: str) -> None:
    experiment = tiny(tmp_path, {"compilation": {}}, optimizer=optimizer)
    if found := list(problems(experiment, this_machine())):
        pytest.skip(found[0].key)
    whole = _worked(tmp_path / "whole", experiment)
    assert ended(whole).status == "done", ended(whole)
    told = [document for document in whole if isinstance(document, Notice) and document.key.startswith("compiled")]
    assert len(told) == 1
    half = tmp_path / "half"
    shutil.copytree(tmp_path / "whole", half)
    shutil.rmtree(half / "checkpoints/step-00000012")
    again = _worked(half)
    resumed = next(index for index, document in enumerate(again) if isinstance(document, RunResumed))
    assert losses(again[resumed:]) == {step: loss for step, loss in losses(whole).items() if step > 6}
    plain = losses(run(tmp_path / "plain", tiny(tmp_path, optimizer=optimizer)))
    assert losses(whole)[12] == pytest.approx(plain[12], rel=1e-3)


# --- data transfer and allocator -----------------------------------------------------------------------------------


def test_a_batch_is_the_same_whichever_way_it_comes(tmp_path: Path) -> None:
    state, _, text = built(tiny(tmp_path))
    here, sent = (
        TrainingBatches(text.train, 4, 16, state.seed, state.device, transfer=way) for way in ("device", "pageable")
    )
    for step in (0, 1, 7):
        assert all(torch.equal(one, two) for one, two in zip(here.draw(step, 0), sent.draw(step, 0), strict=True))
    assert _keys(tiny(tmp_path, {"data_transfer": {"text": "pinned"}})) == ["needs_nvidia_gpu"]
    told = {choice: problem.key for _, choice, problem in cautions(BY_NAME["data_transfer"], ABLE, "cpu")}
    assert told == {"pageable": "transfer_pays_on_gpu_only"}


def test_the_allocator_s_words_are_pytorch_s() -> None:
    assert allocator_words({}) == "expandable_segments:True"
    assert allocator_words({"expandable_segments": False}) == ""
    every = {"expandable_segments": True, "max_split_size_mb": 128, "garbage_collection_threshold": 0.6}
    assert allocator_words(every) == ("expandable_segments:True,max_split_size_mb:128,garbage_collection_threshold:0.6")


def test_a_worker_is_started_with_its_allocator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    save(tiny(tmp_path, {"allocator": {"max_split_size_mb": 64}}), tmp_path / "experiment.toml")
    assert launcher.environment(tmp_path)[VARIABLE] == "expandable_segments:True,max_split_size_mb:64"
    save(tiny(tmp_path), tmp_path / "experiment.toml")
    assert VARIABLE not in launcher.environment(tmp_path)
    assert launcher.environment(tmp_path) == launcher.environment_of(1)


def test_the_allocator_is_refused_without_a_gpu_and_never_silently_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = tiny(tmp_path, {"allocator": {}})
    assert _keys(experiment) == ["needs_nvidia_gpu"]
    assert _keys(msgspec.structs.replace(experiment, device="cuda"), GPU) == []
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(Exception, match=VARIABLE):
        built(experiment)
    monkeypatch.setitem(os.environ, VARIABLE, "expandable_segments:True")
    built(experiment)
    small = tiny(tmp_path, {"allocator": {"max_split_size_mb": 20}})
    assert "allocator_split_too_small" in _keys(small)
