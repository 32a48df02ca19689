"""Pruning (A2): sets the weights that matter least to zero, one by one or two of every four."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.ladder import SHARES, Ladder
from gpulab.techniques.needs import compute_capability
from gpulab.techniques.removal import Begin, End, Removal, RetrainingSteps, When, apply
from gpulab.techniques.shapes import odd_width, shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


SPARSE_MULTIPLE = 64
"""Of what a layer's widths must be multiples for the sparse kernels."""
_APART = ("quantization", "neuron_pruning", "head_pruning", "layer_pruning")
"""What changes or rounds the weights afterwards, so that the pattern or the kernels would not fit any more."""


class PruningSettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about("Share set to zero", "Share of the weights that become zero, the smallest first.", low=0.0, high=0.99),
    ] = 0.5
    when: When = "after_training"
    begin: Begin = 0.2
    end: End = 0.8
    retraining_steps: RetrainingSteps = 200
    pattern: Annotated[
        Literal["unstructured", "2:4"],
        about(
            "Pattern",
            "Any weight of the whole model, or two of every four neighbours, which sparse kernels of newer GPUs skip.",
            labels={"unstructured": "Anywhere", "2:4": "Two of every four"},
        ),
    ] = "unstructured"
    kernels: Annotated[
        Literal["dense", "sparse"],
        about(
            "Zeros",
            "Multiplied like any other weight, which shows what pruning loses and not what it gains: a simulation. Or "
            "skipped by sparse kernels, for two of every four; the finished model then computes in 16 bits.",
            labels={"dense": "Multiplied (simulation)", "sparse": "Skipped by sparse kernels"},
        ),
    ] = "dense"


class Pruning(Removal):
    name = "pruning"
    card = "A2"
    label = "Pruning"
    summary = "Sets the weights that matter least to zero."
    promise = "A simpler model: a part of its weights knows almost as much as all of them."
    risk = "Too much destroys what the model knew, and zeros alone make it no faster: hardware multiplies them too."
    sources = (
        "Zhu, Gupta: To prune, or not to prune (2017), arXiv:1710.01878 (the cubic schedule)",
        "Han et al.: Learning both Weights and Connections (2015), arXiv:1506.02626",
        "Mishra et al.: Accelerating Sparse Deep Neural Networks (2021), arXiv:2104.08378 (two of every four)",
    )
    Settings = PruningSettings
    ladder = Ladder("amount", SHARES, "The share of weights set to zero")
    needs = {"kernels": {"sparse": compute_capability(8, 0)}}
    cautions = {"kernels": {"dense": lambda machine, device: Problem("zeros_multiplied")}}

    @classmethod
    def rules(cls, settings: PruningSettings, experiment: Experiment) -> Iterator[Problem]:
        yield from super().rules(settings, experiment)
        if settings.pattern == "2:4" and settings.amount != 0.5:
            yield Problem("semi_sparse_is_half", "techniques.pruning.amount", {"amount": settings.amount})
        if settings.kernels == "sparse":
            yield from _sparse_rules(settings, experiment)

    def choose(self, model: torch.nn.Module, share: float, state: TrainingState) -> dict[str, torch.Tensor]:
        if self.settings.amount == 0.0:
            return {}
        if self.settings.pattern == "2:4":
            return two_of_four(model, share)
        return smallest(model, self.settings.amount * share)

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        if self.settings.when == "after_training":
            apply(model, self.choose(model, 1.0, state))
        return make_sparse(model) if self.settings.kernels == "sparse" else model

    def compresses(self) -> bool:
        return bool(self.settings.when == "after_training" or self.settings.kernels == "sparse")


def _sparse_rules(settings: PruningSettings, experiment: Experiment) -> Iterator[Problem]:
    field = "techniques.pruning.kernels"
    if settings.pattern != "2:4":
        yield Problem("sparse_kernels_need_pattern", field)
    if others := [name for name in _APART if name in experiment.techniques]:
        yield Problem("sparse_kernels_alone", field, {"other": others[0].replace("_", " ")})
    if getattr(experiment.techniques.get("precision"), "mode", "") == "fp16":
        yield Problem("sparse_kernels_need_bf16", field)
    plan = shapes(experiment)
    if plan.architecture == "gpt" and (width := odd_width(plan, SPARSE_MULTIPLE)):
        yield Problem("sparse_kernels_width", field, {"width": width, "multiple": SPARSE_MULTIPLE})


def make_sparse(model: torch.nn.Module) -> torch.nn.Module:
    """Stores the linear layers of the blocks, two of four of whose weights are zero, for sparse kernels, in bf16."""
    import torch
    from torch.sparse import SparseSemiStructuredTensor
    from torchao.sparsity import SemiSparseWeightConfig, sparsify_

    def fits(module: torch.nn.Module, path: str) -> bool:
        if not isinstance(module, torch.nn.Linear) or not path.startswith("blocks."):
            return False
        return module.in_features % SPARSE_MULTIPLE == 0 and module.out_features % SPARSE_MULTIPLE == 0

    SparseSemiStructuredTensor._FORCE_CUTLASS = not torch.backends.cusparselt.is_available()
    sparse: torch.nn.Module = sparsify_(model.bfloat16(), SemiSparseWeightConfig(), fits)
    return sparse


def smallest(model: torch.nn.Module, amount: float) -> dict[str, torch.Tensor]:
    """Masks that take the share `amount` of all linear weights, the smallest magnitudes of the whole model.

    Embeddings and the tied head are left alone. The masks are folded into the weights by whoever applies them,
    because a forward through masked weights is slower.
    """
    import torch
    from torch.nn.utils import prune

    weights = _linear_weights(model)
    holders = []
    for weight in weights.values():  # stand-ins, so that the model stays as it is
        holder = torch.nn.Module()
        holder.weight = torch.nn.Parameter(weight.detach())
        holders.append((holder, "weight"))
    prune.global_unstructured(holders, pruning_method=prune.L1Unstructured, amount=amount)
    return {name: holder.get_buffer("weight_mask") for name, (holder, _) in zip(weights, holders, strict=True)}


def two_of_four(model: torch.nn.Module, share: float) -> dict[str, torch.Tensor]:
    """Masks that keep the two largest of every four neighbours in a row, in the share `share` of such fours.

    The fours that lose least go first. A row's rest that makes no four is kept.
    """
    import torch

    weights = _linear_weights(model)
    sizes = {name: _fours(weight).abs() for name, weight in weights.items()}
    losses = {name: size.sort(-1).values[..., :2].sum(-1) for name, size in sizes.items()}
    every = torch.cat([loss.flatten() for loss in losses.values()]).sort().values
    limit = every[max(1, round(share * len(every))) - 1]
    masks = {}
    for name, weight in weights.items():
        is_large = sizes[name].argsort(dim=-1, stable=True).argsort(-1) >= 2
        kept = is_large | (losses[name] > limit).unsqueeze(-1)
        masks[name] = torch.ones_like(weight)
        masks[name][:, : 4 * kept.shape[1]] = kept.flatten(1).to(weight.dtype)
    return masks


def _linear_weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """The weights of the linear layers, an untied head's left out, by parameter name."""
    import torch

    layers = ((name, part) for name, part in model.named_modules() if isinstance(part, torch.nn.Linear))
    return {f"{name}.weight": layer.weight.detach() for name, layer in layers if name != "head"}


def _fours(weight: torch.Tensor) -> torch.Tensor:
    """(out, in) to (out, fours, 4), a rest that makes no four left out."""
    rows, width = weight.shape
    return weight[:, : width - width % 4].reshape(rows, -1, 4)
