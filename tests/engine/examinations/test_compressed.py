"""What compression took, in real models: decibels by hand, fewer bits fewer of them, zeros where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from gpulab.engine.examinations.rounding import _decibels, _outlier, _signal_over_noise
from gpulab.engine.examinations.zeros import _empty_from
from gpulab.events.documents import Examined
from tests.engine.support import run, tiny


def layer(weight: torch.Tensor) -> nn.Linear:
    made = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    made.weight = nn.Parameter(weight)
    return made


def found_in(folder: Path, name: str, techniques: dict[str, Any]) -> Examined:
    """What the examination found in the compressed model of a short training."""
    documents = run(folder, tiny(folder.parent, techniques, steps=20))
    return next(
        one for one in documents if isinstance(one, Examined) and (one.name, one.variant) == (name, "compressed")
    )


def test_a_tenth_of_noise_is_twenty_decibels_and_a_hole_of_pruning_is_none() -> None:
    weight = torch.randn(8, 4, generator=torch.Generator().manual_seed(1))
    noisy = layer(1.1 * weight)
    assert _decibels(_signal_over_noise({"one": (layer(weight), noisy)}, False)) == pytest.approx(20.0, abs=1e-3)
    holed = 1.1 * weight
    holed[:3] = 0.0
    pair = {"one": (layer(weight), layer(holed))}
    assert _decibels(_signal_over_noise(pair, True)) == pytest.approx(20.0, abs=1e-3)
    assert _decibels(_signal_over_noise(pair, False)) < 10.0


def test_an_outlier_is_counted_in_usual_channels() -> None:
    weight = torch.ones(4, 5)
    weight[2, 3] = -12.0
    assert _outlier({"one": (layer(weight), layer(weight))}) == 12.0


def test_fewer_bits_leave_less_signal(tmp_path: Path) -> None:
    two, eight = (
        found_in(tmp_path / scheme, "rounding", {"quantization": {"scheme": scheme}})
        for scheme in ("int2_simulated", "int8_weight_only")
    )
    assert two.values["signal_db"] is not None
    assert eight.values["signal_db"] is not None
    assert two.values["signal_db"] < 15.0 < 35.0 < eight.values["signal_db"]
    assert set(two.parts) == set(eight.parts)
    assert {part.rpartition(".")[2] for part in two.parts} == {"attention", "mlp"}


def test_the_first_matrix_is_empty_when_the_smaller_half_is_gone() -> None:
    small, large = torch.arange(1.0, 101.0).view(10, 10), torch.arange(101.0, 201.0).view(10, 10)
    assert _empty_from([small, large]) == pytest.approx(0.49, abs=0.01)
    assert _empty_from([small, small.clone()]) == pytest.approx(0.98, abs=0.02)


def test_zeros_are_counted_where_pruning_left_them(tmp_path: Path) -> None:
    found = found_in(tmp_path / "half", "zeros", {"pruning": {"amount": 0.5}})
    assert found.values["zeros"] == pytest.approx(0.5, abs=0.02)
    left = [figures["left"] for figures in found.parts.values()]
    assert all(share is not None and 0.2 < share < 0.8 for share in left)
    assert all((figures["says"] or 0.0) > 0.0 for figures in found.parts.values())
