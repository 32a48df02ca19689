"""How tokens are drawn: the right ones are left in, with the chances that they should have."""

from __future__ import annotations

import math

import pytest
import torch

from gpulab.engine.sampling import NotFinite, Sampling

LOGITS = torch.tensor([0.1, 2.0, 1.0, 3.0, -1.0])


def drawn(sampling: Sampling, logits: torch.Tensor = LOGITS, times: int = 4000) -> torch.Tensor:
    """How often each token is drawn, as shares."""
    chance = torch.Generator().manual_seed(0)
    tokens = torch.cat([sampling.draw(logits, chance) for _ in range(times)])
    return torch.bincount(tokens, minlength=len(logits)) / times


@pytest.mark.parametrize(
    ("sampling", "kept"),
    [
        (Sampling(), [0, 1, 2, 3, 4]),
        (Sampling(0.7), [0, 1, 2, 3, 4]),
        (Sampling(1.0, top_k=2), [1, 3]),
        (Sampling(1.0, top_k=5), [0, 1, 2, 3, 4]),
        (Sampling(1.0, top_k=90), [0, 1, 2, 3, 4]),
        (Sampling(2.0, top_k=1), [3]),
        (Sampling(1.0, top_p=0.0), [3]),
        (Sampling(1.0, top_p=0.7), [1, 3]),
        (Sampling(1.0, top_k=4, top_p=0.93), [1, 2, 3]),
    ],
    ids=str,
)
def test_chances_are_those_of_the_tokens_that_are_left(sampling: Sampling, kept: list[int]) -> None:
    likely = torch.softmax(LOGITS / sampling.temperature, -1)
    expected = torch.zeros(5)
    expected[kept] = likely[kept] / likely[kept].sum()
    found = drawn(sampling)
    assert torch.equal(found > 0, expected > 0)
    assert torch.allclose(found, expected, atol=0.03)


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    even = torch.zeros(10)
    assert int((drawn(Sampling(1.0, top_p=0.35), even) > 0).sum()) == 4


def test_no_temperature_is_the_likeliest() -> None:
    assert drawn(Sampling(0.0), times=3).tolist() == [0, 0, 0, 1, 0]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_beyond_all_bounds_are_no_guess(temperature: float, bad: float) -> None:
    with pytest.raises(NotFinite):
        Sampling(temperature).draw(torch.tensor([0.0, bad]), torch.Generator())
