"""The roofline: how fast a training could compute at most, given how much arithmetic it does with each byte it moves.

Williams, Waterman and Patterson: Roofline (2009), doi.org/10.1145/1498765.1498785. Work with few operations a byte is
held up by memory and lies under the slope; work with many is held up by arithmetic and lies under the flat part.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any, Literal

import msgspec

from gpulab.analysis.metrics import is_number
from gpulab.hardware.ceilings import Ceilings
from gpulab.spec.parameters import block_shapes
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Argument

Bound = Literal["memory", "compute"]


class Roof(msgspec.Struct, frozen=True):
    """The limits of one device for one data type (`compute_type`): operations a second, bytes a second."""

    compute_type: str
    flops_per_s: float
    bytes_per_s: float

    @property
    def ridge(self) -> float:
        """Operations a byte at which slope and flat part meet."""
        return self.flops_per_s / self.bytes_per_s

    def attainable(self, intensity: float) -> float:
        """Operations a second that work of this intensity (operations a byte) can reach."""
        return min(self.flops_per_s, intensity * self.bytes_per_s)


class Point(msgspec.Struct, frozen=True):
    """One run under a roof: operations for each byte moved, operations a second on each of its devices."""

    name: str
    intensity: float
    flops_per_s: float
    compute_type: str


class Formula(msgspec.Struct, frozen=True):
    """How a number of operations comes about, for `gpulab.words`."""

    key: str
    arguments: Mapping[str, Argument]


def roofs_of(ceilings: Ceilings) -> tuple[Roof, ...]:
    """The measured roof for each type of numbers that a training may compute in."""
    moved = ceilings.copy_bytes_per_s
    return tuple(Roof(kind, speed, moved) for kind, speed in ceilings.flops_per_s.items() if kind != "int8")


def point_of(name: str, summary: Mapping[str, Any]) -> Point | None:
    """Where the run called `name` stands, by its summary; None where that does not tell."""
    told = [summary.get(key) for key in ("flops_per_token", "bytes_per_token", "flops_per_s")]
    figures = [float(figure) for figure in told if is_number(figure) and figure > 0]
    if len(figures) < len(told):
        return None
    flops, moved, speed = figures
    devices = summary.get("devices")
    share = speed / devices if is_number(devices) and devices > 0 else speed
    return Point(name, flops / moved, share, str(summary.get("compute_type", "")))


def bound(point: Point, roof: Roof) -> Bound:
    """What holds `point` up at most: left of the ridge memory, right of it arithmetic."""
    return "memory" if point.intensity < roof.ridge else "compute"


def roof_share(point: Point, roof: Roof) -> float:
    """How much of what its intensity allows `point` reaches (0 to 1; above 1 where fused code moves fewer bytes)."""
    return point.flops_per_s / roof.attainable(point.intensity)


def utilization(flops_per_s: float, ceiling_flops_per_s: float | None, devices: int = 1) -> float | None:
    """The share of what `devices` such devices could compute; None where the ceiling is not known."""
    return flops_per_s / (devices * ceiling_flops_per_s) if ceiling_flops_per_s else None


def formula(plan: Plan) -> Formula:
    """How the operations for one token come about: 6 for each weight that is multiplied, 12 L T C for attention."""
    shapes = (
        shape for layer in range(plan.n_layer) for shape in block_shapes(plan, layer // plan.shared_layers).values()
    )
    weights = sum(prod(shape) for shape in shapes if len(shape) > 1) + plan.vocab_size * plan.n_embd
    if plan.architecture != "gpt":
        return Formula("flops_formula_no_attention", {"weights": weights, "total": 6 * weights})
    wide = sum(plan.heads(layer // plan.shared_layers) * plan.head_width for layer in range(plan.n_layer))
    attention = 12 * plan.context_length * wide
    return Formula("flops_formula", {"weights": weights, "attention": attention, "total": 6 * weights + attention})
