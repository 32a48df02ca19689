"""How a scheme rounds one linear layer: stored after training, and as if stored while it trains; all by torchao.

Rounding as if stored (fake quantization) computes in full precision and passes gradients straight through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_GROUP = 32
_LEAST = 1e-12
"""In float8, what a row's largest number is taken for at least: pruning leaves rows of zeros, which have no scale."""
MULTIPLES = {"int4": _GROUP, "float8": 16}
"""Of what a layer's widths must be multiples, for the kernels that take no other."""


def _group(width: int) -> int:
    """How many neighbouring weights share a scale: at most 32, and a whole row where no such number divides it."""
    return next((group for group in (_GROUP, 16, 8) if width % group == 0), width)


def stored(scheme: str, layer: torch.nn.Linear) -> Any:
    """How `layer` is stored after training."""
    import torch
    from torchao import quantization as ao
    from torchao.quantization.granularity import PerGroup, PerRow
    from torchao.quantization.quantize_.workflows import Int4PackingFormat

    if scheme == "int8_weight_only":
        return ao.Int8WeightOnlyConfig(version=2, set_inductor_config=False)
    if scheme == "int8_dynamic":
        return ao.Int8DynamicActivationInt8WeightConfig(version=2, set_inductor_config=False)
    if scheme == "int4":  # the packing whose kernel is part of PyTorch
        packing = Int4PackingFormat.TILE_PACKED_TO_4D
        return ao.Int4WeightOnlyConfig(group_size=_GROUP, int4_packing_format=packing, set_inductor_config=False)
    if scheme == "float8":
        return ao.Float8DynamicActivationFloat8WeightConfig(
            granularity=PerRow(), activation_value_lb=_LEAST, set_inductor_config=False
        )
    if scheme == "float8_simulated":
        return ao.Float8WeightOnlyConfig(set_inductor_config=False)
    bits = getattr(torch, scheme.removesuffix("_simulated"))
    return ao.IntxWeightOnlyConfig(weight_dtype=bits, granularity=PerGroup(_group(layer.in_features)))


def as_if_stored(scheme: str, layer: torch.nn.Linear) -> tuple[Any, Any]:
    """How the inputs and the weights of `layer` are rounded in training, as the stored layer would.

    Two come close to what is stored without being it: torchao rounds 8-bit inputs around their middle, where the
    stored layer rounds them around zero, and the kernel of int4 keeps its scales in 16 bits.
    """
    import torch
    from torchao.quantization.granularity import PerRow
    from torchao.quantization.qat import Float8FakeQuantizeConfig, IntxFakeQuantizeConfig
    from torchao.quantization.quant_primitives import ZeroPointDomain

    if scheme.startswith("int8"):
        inputs = IntxFakeQuantizeConfig(torch.int8, "per_token", is_symmetric=False)
        return inputs if scheme == "int8_dynamic" else None, IntxFakeQuantizeConfig(torch.int8, "per_channel")
    if scheme.startswith("float8"):
        rounded = Float8FakeQuantizeConfig(torch.float8_e4m3fn, PerRow(), hp_value_lb=_LEAST)
        return rounded if scheme == "float8" else None, rounded
    if scheme == "int4":
        domain = ZeroPointDomain.FLOAT
        return None, IntxFakeQuantizeConfig(
            getattr(torch, "uint4"),  # noqa: B009 (torch's declarations leave it out)
            group_size=_GROUP,
            is_symmetric=False,
            zero_point_precision=torch.float32,
            zero_point_domain=domain,
        )
    bits = getattr(torch, scheme.removesuffix("_simulated"))
    return None, IntxFakeQuantizeConfig(bits, group_size=_group(layer.in_features))


def mend_rows_of_zeros(weight: Any) -> None:
    """Makes rows of zeros zeros again: torchao divides them by their largest number in float8."""
    import torch

    empty = weight.scale == 0
    weight.qdata.view(torch.uint8).masked_fill_(empty, 0)
    weight.scale.masked_fill_(empty, 1.0)
