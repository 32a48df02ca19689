"""Token replacement (B2): some of the tokens before are wrong, as if the text were full of typing errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class TokenReplacementSettings(Settings, frozen=True):
    share: Annotated[
        float,
        about(
            "Share",
            "Share of the tokens that chance replaces by any other of the vocabulary while the model trains.",
            low=0.0,
            high=0.9,
        ),
    ] = 0.05


class TokenReplacement(Technique):
    name = "token_replacement"
    card = "B2"
    label = "Token replacement"
    summary = "Swaps some of the tokens that are read for others, drawn by chance; what is to be guessed stays right."
    promise = "A sturdier model that forgives errors in what it reads, and overfits a small text later."
    risk = "Noise: the model learns from text that nobody wrote, and in a short run that only costs."
    sources = (
        "Xie et al.: Data Noising as Smoothing in Neural Network Language Models (2017), arXiv:1703.02573",
        "Wei, Zou: EDA, Easy Data Augmentation (2019), arXiv:1901.11196",
    )
    Settings = TokenReplacementSettings

    def edit_batch(
        self, inputs: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Each other token is equally likely, a token itself never."""
        import torch

        chance = state.stream("token_replacement")
        replaced = torch.rand(inputs.shape, generator=chance, device=inputs.device) < self.settings.share
        vocab_size = state.plan.vocab_size
        away = torch.randint(1, max(2, vocab_size), inputs.shape, generator=chance, device=inputs.device)
        return torch.where(replaced, (inputs + away) % vocab_size, inputs), targets
