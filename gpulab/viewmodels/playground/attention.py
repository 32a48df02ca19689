"""Where each head of a model looks in a text, and what each layer would say next: an `attend` job's documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gpulab.events.documents import AnyDocument, ArtifactSaved, JobStarted, Notice, RunEnded, Trial
from gpulab.spec.problem import Argument
from gpulab.viewmodels.finding import State

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


class Attention:
    """One look into a model. `guesses` has the likeliest next tokens before the first layer and after each one."""

    def __init__(self) -> None:
        self.state: State = "starting"
        self.tokens: list[str] = []
        self.layers: list[Layer] = []
        self.guesses: list[tuple[Guess, ...]] = []
        self.notices: list[Notice] = []
        self.saved_as = ""
        self.reason = ""
        self.arguments: Mapping[str, Argument] = {}

    def take(self, documents: Iterable[AnyDocument]) -> None:
        """Takes in `documents`, which follow those taken in before."""
        for document in documents:
            match document:
                case JobStarted():
                    self.state = "working"
                case Trial(names={"what": "token", "text": text}):
                    self.tokens.append(text)
                case Trial(names={"what": "layer"}, values=values):
                    self.layers.append(Layer(int(values["heads"] or 0), float(values["mean_distance"] or 0.0)))
                case Trial(names={"what": "next"}):
                    self.guesses.append(_guesses(document))
                case ArtifactSaved(kind="attention", path=path):
                    self.saved_as = path
                case Notice():
                    self.notices.append(document)
                case RunEnded():
                    self.state, self.reason, self.arguments = document.status, document.reason, document.arguments
                case _:
                    pass

    @property
    def over(self) -> bool:
        return self.state not in ("starting", "working")


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
