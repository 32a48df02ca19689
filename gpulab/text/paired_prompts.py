"""Paired prompts: the same sentence with one word changed, from the bundled list or a person's own.

    [[pairs]]
    group = "kings and queens"        # what the pair is counted by; may be absent
    prompt = "The {} was"             # {} is where the word stands
    words = ["king", "queen"]         # the continuation goes with the first one by a commonplace
    continuation = " wise"            # what is judged behind either word

The method and its sources stand in `resources/bias/pairs.toml`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from gpulab.resources import resource
from gpulab.spec.problem import BadInput, Problem, detail_of, refuse

FORMAT = 1
MOST_PAIRS = 1000
_BLANK = "{}"


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One sentence with a blank and the two words that take turns in it."""

    prompt: str
    words: tuple[str, str]
    continuation: str
    group: str = ""

    @property
    def name(self) -> str:
        """Both sentences at once: `The king|queen was wise`."""
        return self.prompt.replace(_BLANK, "|".join(self.words)) + self.continuation

    @property
    def prompts(self) -> tuple[str, str]:
        """What stands before the continuation, with either word."""
        first, second = (self.prompt.replace(_BLANK, word) for word in self.words)
        return first, second


@functools.cache
def bundled_pairs() -> tuple[Pair, ...]:
    """The list that every run is asked about."""
    return read_pairs(resource("bias", "pairs.toml"))


def read_pairs(path: Path, field: str = "pairs") -> tuple[Pair, ...]:
    """The pairs in the file at `path`. Raises BadInput at `field`, naming each pair that is wrong by its number."""
    import tomllib

    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("pairs_unreadable", field, path=str(path), detail=detail_of(error)) from error
    if table.get("format") != FORMAT:
        raise refuse("pairs_of_another_format", field, path=str(path), format=FORMAT)
    listed = table.get("pairs")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_PAIRS:
        raise refuse("pairs_missing", field, path=str(path), most=MOST_PAIRS)
    found = [_pair(number, entry, str(path), field) for number, entry in enumerate(listed, 1)]
    if problems := [one for one in found if isinstance(one, Problem)]:
        raise BadInput(*problems)
    pairs = tuple(one for one in found if isinstance(one, Pair))
    if problems := list(_repeated(pairs, str(path), field)):
        raise BadInput(*problems)
    return pairs


def _pair(number: int, entry: Mapping[str, Any], path: str, field: str) -> Pair | Problem:
    try:
        pair = msgspec.convert(entry, Pair)
    except msgspec.ValidationError as error:
        return Problem("pair_wrong", field, {"path": path, "number": number, "detail": str(error)})
    first, second = pair.words
    key = ""
    if pair.prompt.count(_BLANK) != 1:
        key = "pair_without_blank"
    elif not pair.continuation.strip():
        key = "pair_without_continuation"
    elif first == second or not first.strip() or not second.strip():
        key = "pair_without_difference"
    return Problem(key, field, {"path": path, "number": number}) if key else pair


def _repeated(pairs: tuple[Pair, ...], path: str, field: str) -> Iterator[Problem]:
    met: dict[str, int] = {}
    for number, pair in enumerate(pairs, 1):
        if pair.name in met:
            yield Problem("pair_repeated", field, {"path": path, "number": number, "first": met[pair.name]})
        met.setdefault(pair.name, number)
