"""Two models that write side by side, folded from the documents of a `write` job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from gpulab.events.documents import AnyDocument, Suggestion, Trial
from gpulab.viewmodels.playground.folding import Job

Key = Literal["a", "b"]
KEYS: tuple[Key, Key] = ("a", "b")


class Side:
    """One of the models. `figures` are the newest of tokens_per_s, first_token_s, memory_bytes, tokens, seconds."""

    def __init__(self) -> None:
        self.text = ""
        self.opened: Mapping[str, float | None] = {}
        self.figures: Mapping[str, float | None] = {}
        self.ended = ""

    def take(self, trial: Trial) -> None:
        """Takes in the next document of this model."""
        match trial.names.get("what"):
            case "opened":
                self.opened = trial.values
            case "text":
                self.text += trial.names["text"]
                self.figures = trial.values
            case "written":
                self.figures, self.ended = trial.values, trial.names["ended"]
            case _:
                pass


class Writing(Job):
    """What both have written so far, and how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.sides: dict[Key, Side] = {"a": Side(), "b": Side()}
        self.finding: Suggestion | None = None

    def _take_own(self, document: AnyDocument) -> None:
        match document:
            case Trial(names={"model": "a" | "b" as key}):
                self.sides[key].take(document)
            case Suggestion():
                self.finding = document
            case _:
                pass

    @property
    def parted(self) -> int | None:
        """The first character in which the two texts differ; None while they agree as far as both have come."""
        one, other = (self.sides[key].text for key in KEYS)
        same = next((at for at, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), None)
        if same is None and self.over and one and other and len(one) != len(other):
            return min(len(one), len(other))
        return same
