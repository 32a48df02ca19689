"""What may be tried to make an experiment fast: legal here, different from what is set, reasons for the rest."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import REGISTRY, problems
from gpulab.techniques.levers import LEVERS, Candidate, applied, batches_around, candidates, optimizers, words_of
from gpulab.words import sentences

PLAIN = Machine("a processor", 8, 2**34, compiler=True, python_headers=True)
AMX = msgspec.structs.replace(PLAIN, flags=frozenset({"amx_bf16"}))
H100 = msgspec.structs.replace(AMX, gpus=(Gpu(0, "NVIDIA H100", 2**36, (9, 0)),), triton=True)


def tried(machine: Machine, experiment: Experiment | None = None, batch: bool = False) -> dict[str, Candidate]:
    found = candidates(experiment or Experiment(), machine, batch)
    return {f"{one.lever.split('.')[-2] if '.' in one.lever else one.lever}={one.choice}": one for one in found}


def reason(candidate: Candidate) -> tuple[str, bool]:
    assert candidate.refused is not None
    return candidate.refused.key, candidate.caution


def experiment_with(techniques: dict[str, dict[str, Any]], **training: Any) -> Experiment:
    return decode({"techniques": techniques, "training": training}, REGISTRY)


@pytest.mark.parametrize("machine", [PLAIN, AMX, H100])
def test_whatever_is_not_refused_can_run_here(machine: Machine) -> None:
    for candidate in candidates(Experiment(), machine, batch=True):
        assert candidate.changes
        if candidate.refused is None:
            assert not list(problems(applied(Experiment(), candidate.changes), machine))
        else:
            assert candidate.refused.key in sentences()


def test_short_numbers_need_the_unit_for_them() -> None:
    assert reason(tried(PLAIN)["precision=bf16"]) == ("bf16_slow_here", True)
    assert tried(AMX)["precision=bf16"].refused is None
    assert reason(tried(AMX)["precision=tf32"]) == ("needs_compute_capability_none", False)
    assert tried(H100)["precision=tf32"].refused is None
    assert reason(tried(AMX)["compilation=reduce_overhead"])[1]
    assert tried(H100)["compilation=reduce_overhead"].refused is None
    assert "compilation=max_autotune" in tried(H100)
    assert "compilation=max_autotune" not in tried(AMX)


def test_without_a_compiler_it_is_listed_with_the_reason() -> None:
    bare = msgspec.structs.replace(AMX, compiler=False)
    assert reason(tried(bare)["compilation=default"]) == ("needs_compiler", False)


def test_what_is_set_already_is_not_tried() -> None:
    found = tried(AMX)
    assert "attention=fused" not in found  # what an absent technique does
    assert "optimizer_kernel=fused" not in found
    set_ = experiment_with({"precision": {"mode": "bf16"}, "attention": {"kernel": "naive"}})
    assert "precision=bf16" not in tried(AMX, set_)
    assert "attention=fused" in tried(AMX, set_)


def test_a_change_of_a_technique_that_is_off_says_all_of_it() -> None:
    changes = tried(AMX)["compilation=default"].changes
    assert changes == {
        "techniques.compilation": True,
        "techniques.compilation.mode": "default",
        "techniques.compilation.backend": "inductor",
    }
    assert tried(AMX, experiment_with({"precision": {"mode": "fp32"}}))["precision=bf16"].changes == {
        "techniques.precision.mode": "bf16"
    }


def test_threads_are_for_processors_and_batches_are_asked_for() -> None:
    assert {key for key in tried(AMX) if key.startswith("threads")} == {"threads=8", "threads=4"}
    assert not any(key.startswith("threads") for key in tried(H100))
    assert not any(key.startswith("training") for key in tried(AMX))
    larger = tried(AMX, batch=True)["training=48"]
    assert larger.changes == {"training.batch_size": 48, "training.steps": 250}  # of 1000 with 12: the same text


def test_an_optimizer_without_that_kernel_is_refused() -> None:
    found = list(optimizers(experiment_with({"optimizer_kernel": {"kernel": "foreach"}}), AMX, rates=2))
    refused = {one.choice: one.refused.key for one in found if one.refused}
    assert refused["muon 0.001"] == "optimizer_has_one_kernel"
    assert not any(choice.startswith("adamw") for choice in refused)


def test_rates_go_from_the_experiment_s_own_to_ten_times_as_much() -> None:
    found = list(optimizers(Experiment(), AMX, rates=3))
    assert [one.choice for one in found if one.choice.startswith("muon")] == ["muon 0.001", "muon 0.0032", "muon 0.01"]
    assert "adamw 0.001" not in [one.choice for one in found]
    assert [[one.choice for one in way] for way in batches_around(Experiment(), AMX)] == [["6", "3"], ["24", "48"]]
    alone = experiment_with({}, batch_size=1)
    assert [[one.choice for one in way] for way in batches_around(alone, AMX)] == [[], ["2", "4"]]


def test_every_lever_has_words() -> None:
    for path, choices in LEVERS:
        for choice in choices:
            assert words_of(path, choice).split(": ")[1] != choice
    assert words_of("threads", "2") == "Threads: 2"
    assert words_of("training.optimizer", "muon 0.01") == "Optimizer: Muon with AdamW, learning rate 0.01"
