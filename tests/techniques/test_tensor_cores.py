"""Widths that slow a GPU's tensor cores down are doubted where they were chosen, and only where they count."""

from __future__ import annotations

from typing import Any

import pytest

from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import REGISTRY, doubts
from gpulab.words import sentence

CPU = Machine("a processor", 16, 2**33)
WITH_GPU = Machine("a processor", 16, 2**33, gpus=(Gpu(0, "New", 2**36, (9, 0)),))
OLD_GPU = Machine("a processor", 16, 2**33, gpus=(Gpu(0, "Old", 2**36, (6, 1)),))


def experiment(n_embd: int, n_head: int, mode: str = "bf16", **techniques: dict[str, Any]) -> Experiment:
    table = {"model": {"n_embd": n_embd, "n_head": n_head}, "techniques": {"precision": {"mode": mode}, **techniques}}
    return decode(table, REGISTRY)


def doubted(one: Experiment, machine: Machine = WITH_GPU) -> list[tuple[str, object]]:
    return [(problem.field, problem.arguments["width"]) for problem in doubts(one, machine)]


def test_every_width_is_named_at_its_setting() -> None:
    assert doubted(experiment(64, 4)) == []
    assert doubted(experiment(60, 5)) == [("model.n_embd", 60), ("model.n_head", 12)]
    assert doubted(experiment(64, 16)) == [("model.n_head", 4)]
    assert doubted(experiment(65, 5)) == [("model.n_embd", 65), ("model.n_head", 13), ("model.n_embd", 260)]
    assert doubted(experiment(128, 4, activation={"kind": "swiglu"})) == [("techniques.activation.kind", 341)]


def test_what_the_tensor_cores_do_not_compute_is_not_doubted() -> None:
    odd = experiment(65, 5)
    assert doubted(odd, CPU) == []
    assert doubted(odd, OLD_GPU) == []
    assert doubted(experiment(65, 5, "fp32")) == []
    assert doubted(decode({"model": {"n_embd": 65, "n_head": 5}}, REGISTRY)) == []
    on_cpu = decode({"model": {"n_embd": 65, "n_head": 5}, "device": "cpu"}, REGISTRY)
    assert doubted(on_cpu) == []


def test_longer_numbers_need_fewer_in_a_row() -> None:
    assert doubted(experiment(60, 5, "tf32")) == []
    assert doubted(experiment(66, 11, "tf32")) == [("model.n_embd", 66), ("model.n_head", 6)]


@pytest.mark.parametrize(("width", "near"), [(60, "56 or 64"), (4, "8")])
def test_it_says_what_would_do(width: int, near: str) -> None:
    (first, *_) = doubts(experiment(width, 1), WITH_GPU)
    said = sentence(first.key, first.arguments)
    assert said == (
        f"The model's width of {width} is no multiple of 8, and tensor cores are slower with it; {near} would do."
    )
