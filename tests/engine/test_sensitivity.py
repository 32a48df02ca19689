"""The scan harms one part at a time, by what it says, and leaves the model alone."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from gpulab.engine.evaluation import Exam, make_exam, take_exam
from gpulab.engine.model import GPT
from gpulab.engine.sensitivity import pruned, readings, rounded, sensitivity
from tests.engine.support import built, tiny

CPU = torch.device("cpu")


@pytest.fixture
def model_and_exam(tmp_path: Path) -> tuple[GPT, Exam]:
    state, _, text = built(tiny(tmp_path))
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=chance) * 0.2)
    return state.model, make_exam(text.validation, text.tokenizer, 16, 4, most=4)


def test_each_part_of_each_block_is_read_at_each_amount(model_and_exam: tuple[GPT, Exam]) -> None:
    model, exam = model_and_exam
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = list(sensitivity(model, exam, CPU, shares=(0.0, 0.9), bits=(8, 2)))
    assert len(found) == readings(model, (0.0, 0.9), (8, 2)) == 2 * 2 * 4
    assert [(reading.block, reading.part) for reading in found[::4]] == [
        (0, "attention"),
        (0, "mlp"),
        (1, "attention"),
        (1, "mlp"),
    ]
    whole = take_exam(model, exam, CPU, nullcontext).bits_per_byte
    for nothing_gone, most_gone, eight, two in zip(*(found[start::4] for start in range(4)), strict=True):
        assert nothing_gone.change == 0.0
        assert most_gone.bits_per_byte == pytest.approx(whole + most_gone.change)
        assert 0.0 < abs(eight.change) < abs(two.change)
        assert abs(most_gone.change) > 1e-3
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_reading_is_that_of_a_model_harmed_by_hand(model_and_exam: tuple[GPT, Exam]) -> None:
    model, exam = model_and_exam
    found = next(
        reading
        for reading in sensitivity(model, exam, CPU, shares=(1.0,))
        if (reading.block, reading.part) == (1, "mlp")
    )
    with torch.no_grad():
        for name in ("expand", "projection"):
            model.get_parameter(f"blocks.1.mlp.{name}.weight").zero_()
    assert take_exam(model, exam, CPU, nullcontext).bits_per_byte == pytest.approx(found.bits_per_byte)


def test_harm_is_what_it_says() -> None:
    one, two = torch.tensor([[4.0, -1.0], [3.0, 0.5]]), torch.tensor([[2.0, -5.0]])
    assert [part.tolist() for part in pruned([one, two], 0.5)] == [[[4.0, 0.0], [3.0, 0.0]], [[0.0, -5.0]]]
    weight = torch.randn(3, 64, generator=torch.Generator().manual_seed(0))
    for row in rounded(weight, 2).view(3, 2, 32):
        assert all(len(set(group.tolist())) <= 4 for group in row)
    assert (rounded(weight, 8) - weight).abs().max() < (rounded(weight, 4) - weight).abs().max()


def test_a_scan_can_be_ended_and_refuses_what_makes_no_sense(model_and_exam: tuple[GPT, Exam]) -> None:
    model, exam = model_and_exam
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise KeyboardInterrupt

    scan = sensitivity(model, exam, CPU, check=stop)
    with pytest.raises(KeyboardInterrupt):
        list(scan)
    for wrong in ({"shares": (1.5,)}, {"bits": (1,)}):
        with pytest.raises(ValueError, match="bits from 2 to 8"):
            next(sensitivity(model, exam, CPU, **wrong))
