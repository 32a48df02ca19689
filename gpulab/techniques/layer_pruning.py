"""Layer pruning (A2): takes whole layers out, which leaves a shallower dense model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.ladder import Ladder
from gpulab.techniques.removal import Begin, End, Removal, RetrainingSteps, When
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class LayerPruningSettings(Settings, frozen=True):
    layers: Annotated[
        int, about("Layers removed", "How many layers are removed. At least one must stay.", low=0, high=127)
    ] = 1
    which: Annotated[
        Literal["least_important", "last", "even", "first"],
        about(
            "Which",
            "Those that change least what passes through them, measured on training text; or by their place. Removing "
            "the first is there to be seen: it usually ruins the model.",
            labels={
                "least_important": "The least important, measured",
                "last": "The last",
                "even": "Evenly spread",
                "first": "The first",
            },
        ),
    ] = "least_important"
    when: When = "after_training"
    begin: Begin = 0.2
    end: End = 0.8
    retraining_steps: RetrainingSteps = 200


class LayerPruning(Removal):
    name = "layer_pruning"
    card = "A2"
    label = "Layer pruning"
    summary = "Removes whole layers."
    promise = "Every layer that goes takes its parameters and its time along."
    risk = "Layers are not alike: one may hardly be missed, and the first usually ruins the model."
    sources = (
        "Men et al.: ShortGPT (2024), arXiv:2403.03853 (importance by similarity of input and output)",
        "Gromov et al.: The Unreasonable Ineffectiveness of the Deeper Layers (2024), arXiv:2403.17887",
    )
    Settings = LayerPruningSettings
    ladder = Ladder("layers", tuple(range(1, 12)), "The number of layers removed", "layers", of_model=True)
    conflicts = {"layer_sharing": "layers that share their weights are one block, and cannot go one by one."}

    @classmethod
    def rules(cls, settings: LayerPruningSettings, experiment: Experiment) -> Iterator[Problem]:
        yield from super().rules(settings, experiment)
        n_layer = experiment.model.n_layer
        if settings.layers >= n_layer:
            arguments = {"layers": settings.layers, "n_layer": n_layer}
            yield Problem("layer_pruning_leaves_none", "techniques.layer_pruning.layers", arguments)
        if settings.when != "after_training" and shapes(experiment).norm_placement == "post":
            yield Problem("layer_pruning_after_post_norm", "techniques.layer_pruning.when")

    def choose(self, model: Any, share: float, state: TrainingState) -> dict[str, torch.Tensor]:
        import torch

        gone = self._order(model, state)[: round(share * self.settings.layers)]
        masks = {}
        for index in gone:
            for branch in ("attention", "mlp"):
                projection = getattr(model.blocks[index], branch).projection
                for part, value in projection.named_parameters():
                    masks[f"blocks.{index}.{branch}.projection.{part}"] = torch.zeros_like(value[..., :1])
        return masks

    def compress(self, model: Any, state: TrainingState) -> Any:
        import torch

        masks = self.final_masks(model, state)
        kept = [index for index in range(len(model.blocks)) if _key(index) not in masks]
        model.blocks = torch.nn.ModuleList(model.blocks[index] for index in kept)
        lists = {name: getattr(model.plan, name) for name in ("hidden_widths", "head_counts", "kv_head_counts")}
        left = {name: tuple(list_[index] for index in kept) for name, list_ in lists.items() if list_}
        model.plan = msgspec.structs.replace(model.plan, n_layer=len(kept), **left)
        return model

    def _order(self, model: Any, state: TrainingState) -> list[int]:
        """The layers in the order in which they go; those that are gone already come first."""
        count, layers = len(model.blocks), self.settings.layers
        gone = [index for index in range(count) if _key(index) in self.masks]
        if self.settings.which == "least_important":
            similar = similarities(model, state.training_windows()[0])
            order = sorted(range(count), key=lambda index: -similar[index])
        elif self.settings.which == "even":
            order = [(2 * place + 1) * count // (2 * layers) for place in range(layers)]
        else:
            order = list(range(count)) if self.settings.which == "first" else list(range(count))[::-1]
        return gone + [index for index in order if index not in gone]


def _key(index: int) -> str:
    return f"blocks.{index}.mlp.projection.weight"


def similarities(model: Any, tokens: torch.Tensor) -> list[float]:
    """For each block, how alike (cosine, at most 1) its input and output are, on average over `tokens` (batch, time).

    The more alike, the less the block does (ShortGPT's block influence is 1 minus this).
    """
    import torch

    found: list[torch.Tensor] = []

    def note(block: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        found.append(torch.nn.functional.cosine_similarity(inputs[0].float(), output.float(), dim=-1).mean())

    hooks = [block.register_forward_hook(note) for block in model.blocks]
    was_training = model.training
    try:
        with torch.no_grad():
            model.eval()(tokens)
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return torch.stack(found).tolist()
