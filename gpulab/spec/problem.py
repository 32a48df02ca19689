"""What is wrong with an input, as a key and arguments: the sentence is made where it is shown (`gpulab.words`)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

Argument = str | int | float | bool | None


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong.

    `key` is a stable name with a sentence in `gpulab.words`; `field` is the dotted path of the setting it belongs
    to (`model.n_head`), or empty; `arguments` fill the sentence's blanks.
    """

    key: str
    field: str = ""
    arguments: Mapping[str, Argument] = {}


class BadInput(Exception):
    """Raised when something a person gave cannot be used. Nothing was started or changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.key} {p.field} {p.arguments}" for p in problems))
        self.problems = problems


def detail_of(error: Exception) -> str:
    """What `error` says, for a sentence: without the names of codecs and the numbers of the operating system."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def refuse(key: str, field: str = "", /, **arguments: Argument) -> BadInput:
    """A `BadInput` with one problem, ready to be raised."""
    return BadInput(Problem(key, field, arguments))
