"""Neuron pruning (A2): takes whole neurons out of the hidden layers, which leaves a smaller dense model.

torch-pruning finds which weights belong to a neuron (gated layers included), scores neurons, and cuts them out in the
end. It sees one hidden layer at a time and never the attention: there it would take apart the matrix that queries, keys
and values share. While training goes on, neurons are held at zero by our own masks (`gpulab.techniques.removal`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.ladder import SHARES, Ladder
from gpulab.techniques.removal import Begin, End, Removal, RetrainingSteps, When, gradients
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

Importance = Annotated[
    Literal["magnitude", "taylor"],
    about(
        "Importance",
        "How it is told what matters: by the size of the weights, or by how much the loss would change without them, "
        "estimated on training text.",
        labels={"magnitude": "Size of the weights", "taylor": "Effect on the loss (Taylor)"},
    ),
]


class NeuronPruningSettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about("Share of neurons removed", "Share of each hidden layer's neurons that is removed.", low=0.0, high=0.99),
    ] = 0.5
    when: When = "after_training"
    begin: Begin = 0.2
    end: End = 0.8
    retraining_steps: RetrainingSteps = 200
    importance: Importance = "magnitude"
    multiple: Annotated[
        int,
        about(
            "Width in steps of",
            "As many neurons stay as make a multiple of this; processors multiply such widths faster.",
            unit="neurons",
            low=1,
            high=1024,
            advanced=True,
        ),
    ] = 16


class NeuronPruning(Removal):
    name = "neuron_pruning"
    card = "A2"
    label = "Neuron pruning"
    summary = "Removes the neurons of the hidden layers that matter least."
    promise = "A model that is smaller and faster on any hardware, because what is left is dense."
    risk = "A neuron is more than a weight: the same share of neurons costs more quality than of single weights."
    sources = (
        "Fang et al.: DepGraph: Towards Any Structural Pruning (2023), arXiv:2301.12900 (torch-pruning)",
        "Molchanov et al.: Importance Estimation for Neural Network Pruning (2019), arXiv:1906.10771 (Taylor)",
    )
    Settings = NeuronPruningSettings
    ladder = Ladder("amount", SHARES, "The share of neurons removed")

    @classmethod
    def rules(cls, settings: NeuronPruningSettings, experiment: Experiment) -> Iterator[Problem]:
        yield from super().rules(settings, experiment)
        hidden = shapes(experiment).full_hidden
        if settings.amount > 0.0 and neurons_left(hidden, settings) == hidden:
            arguments = {"hidden": hidden, "multiple": settings.multiple}
            yield Problem("neuron_pruning_removes_none", "techniques.neuron_pruning.amount", arguments)

    def choose(self, model: Any, share: float, state: TrainingState) -> dict[str, torch.Tensor]:
        source = gradients(model, state) if self.settings.importance == "taylor" else model
        masks = {}
        for index, block in enumerate(source.blocks):
            hidden = block.mlp.hidden
            gone = round(share * (hidden - neurons_left(hidden, self.settings)))
            if gone == 0:
                continue
            kept = _kept_neurons(block.mlp, gone, self.settings.importance)
            for layer in ("expand", "gate"):
                if (linear := getattr(block.mlp, layer)) is not None:
                    masks[f"blocks.{index}.mlp.{layer}.weight"] = kept[:, None]
                    if linear.bias is not None:
                        masks[f"blocks.{index}.mlp.{layer}.bias"] = kept
            masks[f"blocks.{index}.mlp.projection.weight"] = kept[None, :]
        return {name: mask.contiguous().clone() for name, mask in masks.items()}

    def compress(self, model: Any, state: TrainingState) -> Any:
        import torch_pruning

        masks = self.final_masks(model, state)
        for index, block in enumerate(model.blocks):
            if (kept := masks.get(f"blocks.{index}.mlp.projection.weight")) is None:
                continue
            neurons = (kept[0] == 0).nonzero().flatten().tolist()
            group = _neurons(block.mlp).get_pruning_group(
                block.mlp.expand, torch_pruning.prune_linear_out_channels, idxs=neurons
            )
            group.prune()
            block.mlp.hidden = block.mlp.projection.in_features
        model.plan = msgspec.structs.replace(model.plan, hidden_widths=tuple(b.mlp.hidden for b in model.blocks))
        return model


def neurons_left(hidden: int, settings: NeuronPruningSettings) -> int:
    """How many of `hidden` neurons stay: the nearest multiple, at least one of it, at most all."""
    multiple = settings.multiple
    return min(hidden, max(multiple, multiple * round(hidden * (1.0 - settings.amount) / multiple)))


def _kept_neurons(mlp: Any, gone: int, importance: str) -> torch.Tensor:
    """(hidden,) of 1 for neurons that stay and 0 for the `gone` least important; `mlp` is left as it is."""
    import torch
    import torch_pruning

    double = _plain_double(mlp)
    every = list(range(mlp.hidden))
    group = _neurons(double).get_pruning_group(double.expand, torch_pruning.prune_linear_out_channels, idxs=every)
    score = (
        torch_pruning.importance.GroupMagnitudeImportance(normalizer=None)
        if importance == "magnitude"
        else torch_pruning.importance.GroupTaylorImportance(normalizer=None)
    )
    kept = torch.ones_like(mlp.projection.weight[0])
    kept[score(group).argsort(stable=True)[:gone]] = 0.0
    return kept.detach()


def _neurons(mlp: Any) -> Any:
    """torch-pruning's graph of which weights of a hidden layer hang together."""
    import torch
    import torch_pruning

    weight = mlp.expand.weight
    example = torch.zeros(1, weight.shape[1], dtype=weight.dtype, device=weight.device)
    mlp.requires_grad_(True)  # it follows the gradient's graph, which leaves frozen layers out
    with torch.enable_grad():
        return torch_pruning.DependencyGraph().build_dependency(mlp, example_inputs=example, verbose=False)


def _plain_double(mlp: Any) -> Any:
    """A copy of `mlp` of plain linear layers, gradients included: those that round in training can't be traced."""
    import copy

    import torch

    double = copy.deepcopy(mlp).eval()
    for name in ("expand", "gate", "projection"):
        if (layer := getattr(mlp, name)) is None:
            continue
        plain = torch.nn.Linear(layer.in_features, layer.out_features, layer.bias is not None, device="meta")
        for part, value in layer.named_parameters():
            parameter = torch.nn.Parameter(value.detach())
            parameter.grad = value.grad
            setattr(plain, part, parameter)
        setattr(double, name, plain)
    return double
