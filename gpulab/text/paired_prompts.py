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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gpulab.resources import resource
from gpulab.spec.problem import BadInput, Problem, detail_of, refuse
from gpulab.spec.toml_lines import Lines

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
    """The pairs in the file at `path`. Raises BadInput at `field`, naming each wrong pair by its number and line."""
    import tomllib

    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise refuse("pairs_unreadable", field, path=str(path), detail=detail_of(error)) from error
    if table.get("format") != FORMAT:
        raise refuse("pairs_of_another_format", field, path=str(path), format=FORMAT)
    listed = table.get("pairs")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_PAIRS:
        raise refuse("pairs_missing", field, path=str(path), most=MOST_PAIRS)
    lines = Lines(text)
    places = [Place(str(path), number, lines.of(("pairs", number - 1))) for number in range(1, len(listed) + 1)]
    found = [_pair(place, entry, field) for place, entry in zip(places, listed, strict=True)]
    if problems := [one for one in found if isinstance(one, Problem)]:
        raise BadInput(*problems)
    pairs = tuple(one for one in found if isinstance(one, Pair))
    if problems := list(_repeated(pairs, places, field)):
        raise BadInput(*problems)
    return pairs


class Place(NamedTuple):
    """Where a pair stands: `number` counts pairs and `line` lines, both from 1."""

    path: str
    number: int
    line: int


def _pair(place: Place, entry: Mapping[str, Any], field: str) -> Pair | Problem:
    try:
        pair = msgspec.convert(entry, Pair)
    except msgspec.ValidationError as error:
        return Problem("pair_wrong", field, {**place._asdict(), "detail": str(error)})
    first, second = pair.words
    key = ""
    if pair.prompt.count(_BLANK) != 1:
        key = "pair_without_blank"
    elif not pair.continuation.strip():
        key = "pair_without_continuation"
    elif first == second or not first.strip() or not second.strip():
        key = "pair_without_difference"
    return Problem(key, field, place._asdict()) if key else pair


def _repeated(pairs: Sequence[Pair], places: Sequence[Place], field: str) -> Iterator[Problem]:
    met: dict[str, int] = {}
    for place, pair in zip(places, pairs, strict=True):
        if pair.name in met:
            yield Problem("pair_repeated", field, {**place._asdict(), "first": met[pair.name]})
        met.setdefault(pair.name, place.number)
