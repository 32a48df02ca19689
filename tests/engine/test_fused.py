"""The fused Adam and AdamW are torch's own, bit for bit, whatever happens around a step."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from gpulab.engine.optimizers.fused import FusedAdam, FusedAdamW

BETAS = (0.9, 0.95)
SHAPES = ((5, 3), (3,), (7, 3))


def _own(kind: type[FusedAdam]) -> Callable[[list[Any]], torch.optim.Optimizer]:
    return lambda parameters: kind(parameters, 1e-2, BETAS)


def _torchs(kind: type[torch.optim.Adam], **how: Any) -> Callable[[list[Any]], torch.optim.Optimizer]:
    return lambda parameters: kind(parameters, 1e-2, betas=BETAS, weight_decay=0.0, **how)


PAIRS = [(_own(FusedAdam), _torchs(torch.optim.Adam, fused=True))]
PAIRS += [(_own(FusedAdamW), _torchs(torch.optim.AdamW, fused=True))]


def _parameters() -> list[torch.nn.Parameter]:
    made = torch.Generator().manual_seed(1)
    return [torch.nn.Parameter(torch.randn(shape, generator=made)) for shape in SHAPES]


def _step(
    optimizer: torch.optim.Optimizer, parameters: list[torch.nn.Parameter], number: int, bad: bool | None
) -> None:
    made = torch.Generator().manual_seed(number)
    for place, parameter in enumerate(parameters):
        gradient = torch.randn(parameter.shape, generator=made)
        parameter.grad = None if (number + place) % 4 == 0 else gradient  # not everything learns in every step
    optimizer.found_inf = None if bad is None else torch.tensor(float(bad))  # type: ignore[attr-defined]
    optimizer.step()


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize(("own", "torchs"), PAIRS)
def test_a_step_is_torchs_step(own: Any, torchs: Any, decay: float) -> None:
    one, two = _parameters(), _parameters()
    ours, theirs = own(one), torchs(two)
    for optimizer, parameters in ((ours, one), (theirs, two)):
        optimizer.param_groups[0]["params"] = parameters[:2]
        optimizer.add_param_group({"params": parameters[2:], "weight_decay": decay})
    for number in range(9):
        for optimizer, parameters in ((ours, one), (theirs, two)):
            _step(optimizer, parameters, number, bad=number == 5)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    for mine, torch_s in zip(one, two, strict=True):
        assert ours.state[mine].keys() == theirs.state[torch_s].keys()
        assert all(torch.equal(ours.state[mine][key], theirs.state[torch_s][key]) for key in ours.state[mine])


@pytest.mark.parametrize("before", [_own(FusedAdamW), _torchs(torch.optim.AdamW, foreach=True)])
@pytest.mark.parametrize("after", [_own(FusedAdamW), _torchs(torch.optim.AdamW, fused=True)])
def test_what_one_kernel_kept_another_goes_on_with(before: Any, after: Any) -> None:
    """Checkpoints of older versions hold what torch's own class keeps; the groups' settings are the new one's."""
    whole, half = _parameters(), _parameters()
    first = before(whole)
    for number in range(1, 4):
        _step(first, whole, number, bad=None)
    second = after(half)
    for kept, parameter in zip(whole, half, strict=True):
        parameter.data.copy_(kept.data)
    _step(second, half, 7, bad=True)  # it had tensors of its own before it was given others
    saved = copy.deepcopy(first.state_dict())
    saved["param_groups"] = second.state_dict()["param_groups"]
    second.load_state_dict(saved)
    reference = torch.optim.AdamW(whole, 1e-2, betas=BETAS, weight_decay=0.0, fused=True)
    reference.load_state_dict({**first.state_dict(), "param_groups": reference.state_dict()["param_groups"]})
    for number in range(4, 8):
        _step(reference, whole, number, bad=None)
        _step(second, half, number, bad=None)
    assert all(torch.equal(a, b) for a, b in zip(whole, half, strict=True))


def test_counts_of_steps_are_added_to_once() -> None:
    parameters = _parameters()
    optimizer = FusedAdamW(parameters, 1e-2, BETAS)
    for _ in range(3):
        for parameter in parameters:
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
    assert [optimizer.state[parameter]["step"].item() for parameter in parameters] == [3.0, 3.0, 3.0]
