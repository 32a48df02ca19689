"""Whatever fails in a technique carries its name and the phase, so that a person knows what to switch off."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from gpulab.techniques.base import Technique

Hook = Callable[..., Any]


class TechniqueFailed(Exception):
    """A technique's hook raised; the cause is chained."""

    def __init__(self, name: str, phase: str, error: BaseException) -> None:
        super().__init__(f"{name} failed in {phase}: {error}")
        self.name = name
        self.phase = phase


def guarded(technique: Technique, phase: str) -> Hook:
    """The technique's method of that phase, whose failures are raised as TechniqueFailed."""
    hook: Hook = getattr(technique, phase)

    @functools.wraps(hook)
    def call(*arguments: Any) -> Any:
        try:
            return hook(*arguments)
        except Exception as error:
            raise TechniqueFailed(technique.name, phase, error) from error

    return call
