"""Where each head of a model looks in a text, and what each layer would say next: an `attend` job's documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gpulab.events.documents import AnyDocument, ArtifactSaved, Trial
from gpulab.viewmodels.playground.folding import Job

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Weights = npt.NDArray[np.float32]

_GUESSES = 5


class Layer(msgspec.Struct, frozen=True):
    """`mean_distance`: how many tokens back its heads look on average."""

    heads: int
    mean_distance: float


class Guess(msgspec.Struct, frozen=True):
    """A token that a layer would say next, and how sure it is (0 to 1)."""

    text: str
    share: float


class Attention(Job):
    """One look into a model. `guesses` has the likeliest next tokens before the first layer and after each one."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[str] = []
        self.layers: list[Layer] = []
        self.guesses: list[tuple[Guess, ...]] = []
        self.saved_as = ""

    def _take_own(self, document: AnyDocument) -> None:
        match document:
            case Trial(names={"what": "token", "text": text}):
                self.tokens.append(text)
            case Trial(names={"what": "layer"}, values=values):
                self.layers.append(Layer(int(values["heads"] or 0), float(values["mean_distance"] or 0.0)))
            case Trial(names={"what": "next"}):
                self.guesses.append(_guesses(document))
            case ArtifactSaved(kind="attention", path=path):
                self.saved_as = path
            case _:
                pass


def _guesses(trial: Trial) -> tuple[Guess, ...]:
    places = [str(place) for place in range(1, _GUESSES + 1) if str(place) in trial.names]
    return tuple(Guess(trial.names[place], float(trial.values[place] or 0.0)) for place in places)


def read_weights(job_dir: Path, look: Attention) -> list[Weights]:
    """The weights of each layer, (heads, time, time): [head, who looks, what is looked at]; rows sum to 1.

    Raises OSError, or safetensors' error, where the file cannot be read.
    """
    import numpy as np
    from safetensors import safe_open

    with safe_open(job_dir / look.saved_as, framework="np") as file:
        return [file.get_tensor(f"layer.{layer}").astype(np.float32) for layer in range(len(look.layers))]
