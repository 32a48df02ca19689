"""Head pruning (A2): takes whole attention heads out, which leaves a smaller dense model.

Where several heads share keys and values, the group goes as a whole with what it shares; with one set of keys and
values for all heads, queries go alone. Done by hand: libraries that follow the graph of a model would take apart the
matrix that queries, keys and values share.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.ladder import Ladder
from gpulab.techniques.neuron_pruning import Importance
from gpulab.techniques.removal import Begin, End, Removal, RetrainingSteps, When, gradients
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class HeadPruningSettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about(
            "Share of heads removed",
            "Share of each layer's heads that is removed; heads that share keys go together. One always stays.",
            low=0.0,
            high=0.99,
        ),
    ] = 0.5
    when: When = "after_training"
    begin: Begin = 0.2
    end: End = 0.8
    retraining_steps: RetrainingSteps = 200
    importance: Importance = "magnitude"


class HeadPruning(Removal):
    name = "head_pruning"
    card = "A2"
    label = "Head pruning"
    summary = "Removes the attention heads that matter least."
    promise = "A smaller, faster model; many heads can go before it is noticed."
    risk = "Some heads do what no other does, and without those the model falls apart."
    sources = (
        "Michel, Levy, Neubig: Are Sixteen Heads Really Better than One? (2019), arXiv:1905.10650",
        "Voita et al.: Analyzing Multi-Head Self-Attention (2019), arXiv:1905.09418",
    )
    Settings = HeadPruningSettings
    ladder = Ladder("amount", (0.25, 0.5, 0.75), "The share of heads removed")

    @classmethod
    def rules(cls, settings: HeadPruningSettings, experiment: Experiment) -> Iterator[Problem]:
        yield from super().rules(settings, experiment)
        plan = shapes(experiment)
        if plan.n_kv_head and plan.n_head % plan.n_kv_head:
            return  # whoever groups the heads says that
        units = _units(plan.heads(0), plan.kv_heads(0))
        if settings.amount > 0.0 and _removed(units, settings.amount) == 0:
            arguments = {"heads": plan.heads(0), "units": units}
            yield Problem("head_pruning_removes_none", "techniques.head_pruning.amount", arguments)

    def choose(self, model: Any, share: float, state: TrainingState) -> dict[str, torch.Tensor]:
        source = gradients(model, state) if self.settings.importance == "taylor" else model
        masks = {}
        for index, block in enumerate(source.blocks):
            units = _units(block.attention.n_head, block.attention.n_kv_head)
            gone = round(share * _removed(units, self.settings.amount))
            if gone == 0:
                continue
            rows, columns = _spread(block.attention, _kept_units(block.attention, gone, self.settings.importance))
            masks[f"blocks.{index}.attention.qkv.weight"] = rows[:, None].contiguous()
            if block.attention.qkv.bias is not None:
                masks[f"blocks.{index}.attention.qkv.bias"] = rows.clone()
            masks[f"blocks.{index}.attention.projection.weight"] = columns[None, :].contiguous()
        return masks

    def compress(self, model: Any, state: TrainingState) -> Any:
        masks = self.final_masks(model, state)
        for index, block in enumerate(model.blocks):
            if (columns := masks.get(f"blocks.{index}.attention.projection.weight")) is not None:
                _cut(block.attention, masks[f"blocks.{index}.attention.qkv.weight"][:, 0] == 1, columns[0] == 1)
        attentions = [block.attention for block in model.blocks]
        model.plan = msgspec.structs.replace(
            model.plan,
            head_counts=tuple(attention.n_head for attention in attentions),
            kv_head_counts=tuple(attention.n_kv_head for attention in attentions),
        )
        return model


def _units(heads: int, kv_heads: int) -> int:
    """How many parts can go by themselves: groups that share keys and values, single heads where all share one."""
    return kv_heads if kv_heads > 1 else heads


def _removed(units: int, amount: float) -> int:
    return min(units - 1, round(units * amount))


def _kept_units(attention: Any, gone: int, importance: str) -> torch.Tensor:
    """(units,) of 1 for what stays and 0 for the `gone` least important, by their slices of the output projection.

    The Taylor score is the gradient of the loss by a switch in front of the unit, in size (Michel et al.).
    """
    import torch

    weight = attention.projection.weight
    units = _units(attention.n_head, attention.n_kv_head)

    def by_unit(values: torch.Tensor) -> torch.Tensor:
        return values.detach().float().T.reshape(units, -1).sum(1)

    scores = by_unit(weight.square()) if importance == "magnitude" else by_unit(weight * weight.grad).abs()
    kept = torch.ones(units, dtype=weight.dtype, device=weight.device)
    kept[scores.argsort(stable=True)[:gone]] = 0.0
    return kept


def _spread(attention: Any, kept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """From (units,) to the rows of the query, key and value matrix and the columns of the output projection."""
    import torch

    queries = kept.repeat_interleave(attention.n_head * attention.head_width // len(kept))
    shared = len(kept) != attention.n_kv_head  # the one set of keys and values serves whoever stays
    keys = torch.ones_like(kept[:1]) if shared else kept
    keys = keys.repeat_interleave(attention.head_width)
    return torch.cat([queries, keys, keys]), queries


def _cut(attention: Any, rows: torch.Tensor, columns: torch.Tensor) -> None:
    """Leaves only `rows` of the query, key and value matrix and `columns` of the output projection."""
    import torch

    qkv, projection = attention.qkv, attention.projection
    qkv.weight = torch.nn.Parameter(qkv.weight.detach()[rows])
    if qkv.bias is not None:
        qkv.bias = torch.nn.Parameter(qkv.bias.detach()[rows])
    projection.weight = torch.nn.Parameter(projection.weight.detach()[:, columns])
    qkv.out_features, projection.in_features = len(qkv.weight), projection.weight.shape[1]
    attention.n_head = projection.in_features // attention.head_width
    attention.n_kv_head = (qkv.out_features - projection.in_features) // (2 * attention.head_width)
