"""Which part of a finished model bears how much compression: one part is made worse at a time, the rest stays whole."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import msgspec
import torch

from gpulab.engine.evaluation import Exam, nothing, take_exam
from gpulab.engine.model import GPT

Part = Literal["attention", "mlp"]
Way = Literal["share", "bits"]

PARTS: tuple[Part, ...] = ("attention", "mlp")
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
BITS = (8, 4, 3, 2)
_GROUP = 32


class Reading(msgspec.Struct, frozen=True):
    """Bits per byte with one part of one block (from 0) made worse, and how much more that is than without.

    `amount` is the share of the part's weights set to zero (0 to 1), or the bits that each of them keeps.
    """

    block: int
    part: Part
    way: Way
    amount: float
    bits_per_byte: float
    change: float


@torch.no_grad()
def sensitivity(
    model: GPT,
    exam: Exam,
    device: torch.device,
    shares: Sequence[float] = SHARES,
    bits: Sequence[int] = (),
    context: Callable[[], AbstractContextManager[object]] = nullcontext,
    check: Callable[[], None] = nothing,
) -> Iterator[Reading]:
    """One reading after another, for each part of each block: `shares` of its weights pruned, then rounded to `bits`.

    `exam` is validation text: the test text is for verdicts alone. The smallest weights of the part go first; rounding
    is torchao's, with one scale for 32 neighbours, or for a row where they don't divide it. `model` must hold plain
    weights and is left as it is. `check` is called before each batch and may raise to end the scan. Raises ValueError
    for a share outside 0 to 1 or bits outside 2 to 8.
    """
    if not all(0.0 <= share <= 1.0 for share in shares) or not all(2 <= width <= 8 for width in bits):
        raise ValueError("shares go from 0 to 1, bits from 2 to 8")
    harms: list[tuple[Way, float]] = [*(("share", share) for share in shares), *(("bits", width) for width in bits)]
    double = copy.deepcopy(model).to(device)
    whole = take_exam(double, exam, device, context, check).bits_per_byte
    for index, block in enumerate(double.blocks):
        for part in PARTS:
            layers = [layer for layer in getattr(block, part).modules() if isinstance(layer, torch.nn.Linear)]
            intact = [layer.weight.clone() for layer in layers]
            for way, amount in harms:
                harm = pruned(intact, amount) if way == "share" else [rounded(weight, int(amount)) for weight in intact]
                _put(layers, harm)
                found = take_exam(double, exam, device, context, check).bits_per_byte
                yield Reading(index, part, way, amount, found, found - whole)
            _put(layers, intact)


def readings(model: GPT, shares: Sequence[float] = SHARES, bits: Sequence[int] = ()) -> int:
    """How many readings a scan of `model` gives."""
    return len(model.blocks) * len(PARTS) * (len(shares) + len(bits))


def pruned(weights: Sequence[torch.Tensor], share: float) -> list[torch.Tensor]:
    """The weights with the smallest `share` of them all, taken together, set to zero."""
    sizes = torch.cat([weight.abs().flatten() for weight in weights])
    kept = torch.ones_like(sizes)
    kept[sizes.argsort(stable=True)[: round(share * len(sizes))]] = 0.0
    masks = torch.split(kept, [weight.numel() for weight in weights])
    return [weight * mask.view_as(weight) for weight, mask in zip(weights, masks, strict=True)]


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """The weight (out, in) with only `bits` bits for each number."""
    from torchao.quantization.qat import IntxFakeQuantizeConfig
    from torchao.quantization.qat.fake_quantizer import IntxFakeQuantizer

    width = weight.shape[1]
    config = IntxFakeQuantizeConfig(getattr(torch, f"int{bits}"), group_size=width if width % _GROUP else _GROUP)
    values: torch.Tensor = IntxFakeQuantizer(config)(weight)
    return values


def _put(layers: Sequence[torch.nn.Linear], weights: Sequence[torch.Tensor]) -> None:
    for layer, weight in zip(layers, weights, strict=True):
        layer.weight.copy_(weight)
