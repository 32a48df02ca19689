"""A recorded run as a source of documents, so that a replay takes the very path a training takes."""

from __future__ import annotations

from gpulab.events.control import Command
from gpulab.events.documents import AnyDocument, Notice
from gpulab.runs.replay import Replay
from gpulab.spec.problem import Problem


class ReplaySource:
    """Pausing halts the replay, stopping ends it; the recorded run itself is never touched."""

    def __init__(self, recorded: Replay) -> None:
        self._replay = recorded
        self._speed = recorded.speed
        self._stopped = False
        self._news: list[AnyDocument] = []

    @property
    def over(self) -> bool:
        return self._stopped or self._replay.over

    @property
    def problem(self) -> Problem | None:
        """Damage ends the record; what stands before it was shown."""
        return self._replay.problem if self._replay.over else None

    def begin(self) -> None:
        """The clock starts when somebody watches."""
        self._replay.speed = self._speed

    def poll(self) -> list[AnyDocument]:
        news, self._news = self._news, []
        return [*self._replay.poll(), *news]

    def order(self, command: Command) -> None:
        """Does to the replay what the worker would do to the training."""
        match command:
            case "pause" | "step":
                self._replay.speed = 0.0
                self._news.append(Notice(key="paused"))
            case "resume":
                self._replay.speed = self._speed
                self._news.append(Notice(key="continued"))
            case "stop" | "stop_and_save":
                self._stopped = True
            case "save" | "profile":
                pass
