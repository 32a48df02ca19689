"""Frozen layers (B3): what an earlier model learned is kept as it is, and only the rest goes on learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from gpulab.events.documents import Notice
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState


class FrozenLayersSettings(Settings, frozen=True):
    embeddings: Annotated[
        bool,
        about(
            "Embeddings",
            "Keeps what the model knows of each token and position. Where the output shares these weights (tied), it "
            "is kept too.",
        ),
    ] = True
    blocks: Annotated[
        int,
        about("Blocks", "How many blocks are kept, counted from the one nearest to the text.", low=0, high=128),
    ] = 1


class FrozenLayers(Technique):
    name = "frozen_layers"
    card = "B3"
    label = "Frozen layers"
    summary = "Leaves the first layers as they are and trains the others."
    promise = "Less memory for gradients, and what was learned before is not forgotten."
    risk = "What is frozen cannot adapt: frozen by chance, without transfer, it never learns at all."
    sources = (
        "Yosinski et al.: How transferable are features in deep neural networks? (2014), arXiv:1411.1792",
        "Howard, Ruder: Universal Language Model Fine-tuning for Text Classification (2018), arXiv:1801.06146",
    )
    Settings = FrozenLayersSettings

    @classmethod
    def rules(cls, settings: FrozenLayersSettings, experiment: Experiment) -> Iterator[Problem]:
        plan = shapes(experiment)
        arguments = {"blocks": settings.blocks, "there": plan.n_block}
        if settings.blocks > plan.n_block:
            yield Problem("frozen_too_many", "techniques.frozen_layers.blocks", arguments)
        elif settings.blocks == plan.n_block and settings.embeddings and not _rest(plan):
            yield Problem("frozen_everything", "techniques.frozen_layers.blocks", arguments)

    def edit_model(self, state: TrainingState) -> None:
        import torch

        model, settings = state.model, self.settings
        embeddings = [model.token_embedding, model.position_embedding] if settings.embeddings else []
        for part in [*embeddings, *list(model.blocks)[: settings.blocks]]:
            part.requires_grad_(False)
            for module in part.modules():
                if isinstance(module, torch.nn.BatchNorm1d):
                    module.momentum = 0.0  # its running averages are learned too, and no gradient moves them
        if (embeddings or settings.blocks) and "transfer" not in state.experiment.techniques:
            state.emit(Notice(key="frozen_by_chance", severity="warning"))


def _rest(plan: Plan) -> bool:
    """Whether anything can still learn when the embeddings and all blocks are frozen."""
    return not plan.tied or (plan.normalization != "none" and plan.norm_placement == "pre")
