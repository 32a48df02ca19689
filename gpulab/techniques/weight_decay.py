"""Weight decay (A12): every step pulls the weights a little towards zero."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState


class WeightDecaySettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about(
            "Amount",
            "Each step takes this share, times the learning rate, off every matrix, whatever its gradient says. Adam "
            "and SGD know it only as an L2 penalty: there it is added to the gradient, and Adam's scaling blurs it.",
            low=0.0,
            high=10.0,
        ),
    ] = 0.1


class WeightDecay(Technique):
    name = "weight_decay"
    card = "A12"
    label = "Weight decay"
    summary = "Shrinks matrices and embeddings a little with every step; normalization and biases stay free."
    promise = "Smaller weights, which often generalize better, and a calmer long training."
    risk = "Too much leads to under-fitting, and in a short run it only costs."
    sources = (
        "Loshchilov, Hutter: Decoupled Weight Decay Regularization (2017), arXiv:1711.05101",
        "Brown et al.: Language Models are Few-Shot Learners (2020), arXiv:2005.14165 (0.1)",
        "Chen et al.: Symbolic Discovery of Optimization Algorithms (2023), arXiv:2302.06675 (rate and decay together)",
        "Karpathy: nanoGPT, matrices and embeddings alone decay, https://github.com/karpathy/nanoGPT",
    )
    Settings = WeightDecaySettings

    def edit_optimizer(self, state: TrainingState) -> None:
        """Parts each group in two; what the optimizer knows of a parameter, and the group's settings, stay.

        Optimizers decay by their own learning rate. Where that is a multiple of the experiment's, the amount is divided
        by as much (Chen et al. advise so for Lion), so that the same amount means the same pull everywhere.
        """
        optimizer = state.optimizer
        for group in list(optimizer.param_groups):
            vectors = [parameter for parameter in group["params"] if parameter.dim() < 2]
            matrices = [parameter for parameter in group["params"] if parameter.dim() >= 2]
            others = {name: value for name, value in group.items() if name != "params"}
            if vectors and matrices:
                group["params"] = matrices
                optimizer.add_param_group({**others, "params": vectors, "weight_decay": 0.0})
            group["weight_decay"] = self.settings.amount / group.get("lr_scale", 1.0) if matrices else 0.0
