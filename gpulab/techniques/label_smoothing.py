"""Label smoothing (A12): the right token is asked for with less than full certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class LabelSmoothingSettings(Settings, frozen=True):
    amount: Annotated[
        float,
        about(
            "Amount",
            "Share of the certainty that is taken from the right token and spread evenly over all tokens.",
            low=0.0,
            high=0.9,
        ),
    ] = 0.1


class LabelSmoothing(Technique):
    name = "label_smoothing"
    card = "A12"
    label = "Label smoothing"
    summary = "Asks for the right token with a little less than full certainty."
    promise = "A model that is less sure of itself where it is wrong, and often generalizes better."
    risk = "Under-fitting: the losses on record ask for full certainty and rise, and in a short run it only costs."
    sources = (
        "Szegedy et al.: Rethinking the Inception Architecture (2015), arXiv:1512.00567",
        "Müller, Kornblith, Hinton: When Does Label Smoothing Help? (2019), arXiv:1906.02629",
    )
    Settings = LabelSmoothingSettings

    def edit_loss(
        self, loss: torch.Tensor, logits: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> torch.Tensor:
        """Cross-entropy against the target mixed with all tokens alike: (1 - amount) of `loss`, amount of the rest.

        The rest is the mean over the vocabulary of -log p, which is logsumexp less the mean logit.
        """
        scores = logits.float()
        asked = (targets >= 0).float()  # a negative target asks for nothing
        evenly = ((scores.logsumexp(-1) - scores.mean(-1)) * asked).sum() / asked.sum()
        amount: float = self.settings.amount
        return (1.0 - amount) * loss + amount * evenly
