"""What may stand in a lesson's texts: plain words, *emphasis*, {bound.figures}. No script, no figure typed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gpulab.spec.problem import Argument

BOUND = re.compile(r"\{([^{}]*)\}")
_PATH = re.compile(r"[a-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_SCRIPTS = re.compile(
    r"<\s*[A-Za-z/!?][^>\n]{0,40}>?"  # a tag, however it is spaced
    r"|&(?:#|[A-Za-z]+;)[^\s]{0,20}"  # a letter in disguise
    r"|\b(?:javascript|vbscript|data|file|https?)\s*:[^\s]{0,40}"
    r"|`[^`]{0,40}`?"
    r"|\$[({][^\s]{0,40}"
    r"|\]\([^)\n]{0,40}\)?",  # a link
    re.IGNORECASE,
)
_SCRIPTS_OF_SOURCE = re.compile(_SCRIPTS.pattern.replace("|https?", ""), re.IGNORECASE)
_WORD = re.compile(r"[^\s()\[\],;:!?\"“”„…/]+")
_NAMED = re.compile(
    r"(?:[A-Z][A-Za-z]*-?\d+[A-Za-z]*|[a-z]{2,}-?\d+[a-z]*|(?:GPT|Qwen|Llama)-?\d+(?:\.\d+)?)\.?(?:['’]s)?"
)
"""Names that end in a digit are no figures: GPT-2, bf16, int8, H200, A12. `x5` and `5x` are."""


_NUMBER = (
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|twenty|thirty|forty|fifty|sixty|seventy"
    "|eighty|ninety|hundred|thousand|million|billion|dozen)"
)
_IN_WORDS = re.compile(
    rf"\b{_NUMBER}(?:[ -](?:and[ -])?{_NUMBER})*[ -]?(?:times|fold|percent|per cent|seconds?|minutes?|hours?)\b"
    r"|\b(?:twice|thrice) as\b",
    re.IGNORECASE,
)
"""How often, how much, how long: what is measured. Counts stay in words: two workers, nine in ten weights."""


class Flaw(NamedTuple):
    """A problem's key, the piece of the text that it is about, and what else its sentence says."""

    key: str
    snippet: str = ""
    arguments: Mapping[str, Argument] = {}


def _key(text: str) -> Iterator[Flaw]:
    if not _KEY.fullmatch(text):
        yield Flaw("lesson_key_odd", text)


def _name(text: str) -> Iterator[Flaw]:
    if not _NAME.fullmatch(text):
        yield Flaw("lesson_name_odd", text)


def _plain(text: str) -> Iterator[Flaw]:
    yield from _unprintable(text)
    yield from (Flaw("lesson_script", found.group()) for found in _SCRIPTS.finditer(text))
    yield from (Flaw("lesson_figure_typed", word) for word in _figures(text))
    yield from (Flaw("lesson_figure_in_words", found.group()) for found in _IN_WORDS.finditer(text))


def _line(text: str) -> Iterator[Flaw]:
    if "\n" in text.strip():
        yield Flaw("lesson_one_line", text)
    if found := re.search(r"[{}]", text):
        yield Flaw("lesson_not_bound_here", found.group())
    yield from _plain(text)


def _text(text: str) -> Iterator[Flaw]:
    for found in BOUND.finditer(text):
        yield from _bound(found.group(1))
    free = BOUND.sub(" ", text)
    if odd := re.search(r"[{}]", free):
        yield Flaw("lesson_brace_open", odd.group())
    if sum(free.count(mark) for mark in "*") % 2:
        yield Flaw("lesson_emphasis_open", "*")
    yield from _plain(free)


def _bound(text: str) -> Iterator[Flaw]:
    if not _PATH.fullmatch(text):
        yield Flaw("lesson_binding_odd", text)


def _source(text: str) -> Iterator[Flaw]:
    yield from _unprintable(text)
    yield from (Flaw("lesson_script", found.group()) for found in _SCRIPTS_OF_SOURCE.finditer(text))


def _unprintable(text: str) -> Iterator[Flaw]:
    if odd := next((letter for letter in text if not letter.isprintable() and letter != "\n"), ""):
        yield Flaw("lesson_letter_odd", odd, {"code": f"U+{ord(odd):04X}"})


def _figures(text: str) -> Iterator[str]:
    for found in _WORD.finditer(text):
        word = found.group().strip("*.'’‘-–—")
        if ("%" in word or any(letter.isnumeric() for letter in word)) and not _NAMED.fullmatch(word):
            yield word


RULES: Mapping[str, Callable[[str], Iterator[Flaw]]] = {
    "key": _key,
    "name": _name,
    "line": _line,
    "text": _text,
    "bound": _bound,
    "source": _source,
}
"""What is wrong with a string, by the rule that its field names."""


def bindings_in(text: str) -> list[str]:
    """What the figures of `text` are bound to."""
    return BOUND.findall(text)
