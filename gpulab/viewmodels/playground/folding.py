"""What every job of the Playground tells alike: that it began, what a person should know, how it ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from gpulab.events.documents import AnyDocument, JobStarted, Notice, RunEnded
from gpulab.spec.problem import Argument
from gpulab.viewmodels.finding import State


class Job(ABC):
    """One job, folded from its documents. `reason` and `arguments` are a sentence of `gpulab.words` on how it ended."""

    def __init__(self) -> None:
        self.state: State = "starting"
        self.notices: list[Notice] = []
        self.reason = ""
        self.arguments: Mapping[str, Argument] = {}

    def take(self, documents: Iterable[AnyDocument]) -> None:
        """Takes in `documents`, which follow those taken in before."""
        for document in documents:
            match document:
                case JobStarted():
                    self.state = "working"
                case Notice():
                    self.notices.append(document)
                case RunEnded():
                    self.state, self.reason, self.arguments = document.status, document.reason, document.arguments
                case _:
                    self._take_own(document)

    @abstractmethod
    def _take_own(self, document: AnyDocument) -> None:
        """What only jobs of one kind tell."""

    @property
    def over(self) -> bool:
        return self.state not in ("starting", "working")
