"""Token dropout (B2): the model learns to guess on although some of the tokens before are missing.

Batches hold token numbers, and no number means "nothing". So the lot is drawn when the batch is, outside the model,
where a compiled model need know nothing of chance; and the vector that the embedding gives for a chosen token is set
to zero. The place of the token stays known. What the others give is not scaled up: a vector is missing, not dimmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class TokenDropoutSettings(Settings, frozen=True):
    share: Annotated[
        float,
        about("Share", "Share of the tokens that the model is not shown while it trains.", low=0.0, high=0.9),
    ] = 0.1


class TokenDropout(Technique):
    name = "token_dropout"
    card = "B2"
    label = "Token dropout"
    summary = "Hides some of the tokens that are read, anew in every step; what is to be guessed stays."
    promise = "A sturdier model that leans on no single token, and learns a small text by heart more slowly."
    risk = "Noise: what is hidden cannot be learned from, and in a short run that only costs."
    sources = (
        "Bowman et al.: Generating Sentences from a Continuous Space (2015), arXiv:1511.06349 (word dropout)",
        "Xie et al.: Data Noising as Smoothing in Neural Network Language Models (2017), arXiv:1703.02573",
    )
    Settings = TokenDropoutSettings

    def __init__(self, settings: TokenDropoutSettings) -> None:
        super().__init__(settings)
        self._hidden: torch.Tensor | None = None

    def edit_model(self, state: TrainingState) -> None:
        def hide(embedding: torch.nn.Module, tokens: object, vectors: torch.Tensor) -> torch.Tensor:
            """Zeroes the hidden ones among `vectors` (batch, time, channels)."""
            if not embedding.training or self._hidden is None:
                return vectors
            return vectors.masked_fill(self._hidden.unsqueeze(-1), 0.0)

        state.model.get_submodule("token_embedding").register_forward_hook(hide)

    def edit_batch(
        self, inputs: torch.Tensor, targets: torch.Tensor, state: TrainingState
    ) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        lots = torch.rand(inputs.shape, generator=state.stream("token_dropout"), device=inputs.device)
        self._hidden = lots < self.settings.share
        return inputs, targets

    def after_step(self, state: TrainingState) -> None:
        self._hidden = None  # who calls the model between two steps sees it whole
