"""Z-loss (A12): keeps the logits from drifting away together, which the cross-entropy alone does not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class ZLossSettings(Settings, frozen=True):
    coefficient: Annotated[
        float,
        about(
            "Weight",
            "How much the square of log Z counts beside the loss; Z is the sum of the exponentials of all logits.",
            low=0.0,
            high=1.0,
        ),
    ] = 1e-4


class ZLoss(Technique):
    name = "z_loss"
    card = "A12"
    label = "Z-loss"
    summary = "Adds a small penalty for logits that grow or shrink together."
    promise = "Stabler training: logits stay where short number formats can hold them."
    risk = "Too large a weight pulls at the guesses themselves; a short run in 32 bits gains nothing from it."
    sources = (
        "Chowdhery et al.: PaLM (2022), arXiv:2204.02311, section 5 (1e-4)",
        "Wortsman et al.: Small-scale proxies for large-scale Transformer instabilities (2023), arXiv:2309.14322",
    )
    Settings = ZLossSettings

    def edit_loss(
        self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> torch.Tensor:
        asked = (targets >= 0).float()  # a negative target asks for nothing
        square = (logits.float().logsumexp(-1).square() * asked).sum() / asked.sum()
        coefficient: float = self.settings.coefficient
        return loss + coefficient * square
