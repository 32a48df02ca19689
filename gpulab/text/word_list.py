"""A list of words that a text is watched for: typed, or a file of a person's own with one word or phrase a line.

Words count whole, whatever their capitals: `her` is neither in `here` nor in `other's`, but in `Her`. A phrase counts
whatever blanks stand between its words. Lines that are empty or begin with `#` are passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec

from gpulab.spec.problem import Argument, BadInput, Problem, detail_of, refuse

MOST_WORDS = 1000
MOST_LETTERS = 100

_WORD = re.compile(r"\w+(?:['’]\w+)*")


class WordList(msgspec.Struct, frozen=True):
    """Words and phrases in the order in which they were listed, in small letters with single blanks."""

    words: tuple[str, ...]

    def hits(self, text: str) -> Counter[str]:
        """How often each of them stands in `text`; one that stands in a longer one of the list is not counted there."""
        flat = " ".join(text.lower().replace("’", "'").split())
        return Counter(match.group() for match in self._pattern().finditer(flat))

    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self.words, key=len, reverse=True)
        return re.compile(rf"(?<![\w'])(?:{'|'.join(map(re.escape, longest_first))})(?!'?\w)")


def word_count(text: str) -> int:
    """How many words `text` has."""
    return sum(1 for _ in _WORD.finditer(text))


def read_words(typed: str, field: str = "words") -> WordList:
    """The list that was `typed`, with commas or blanks between, or that of the file whose path (.txt) was typed.

    Raises BadInput at `field`, naming each line that is no word.
    """
    if not typed.strip().lower().endswith(".txt"):
        return _checked([(None, word) for word in re.split(r"[,\s]+", typed) if word], "", field)
    path = Path(typed.strip())
    try:
        lines = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("words_unreadable", field, path=str(path), detail=detail_of(error)) from error
    listed = [(number, line.strip()) for number, line in enumerate(lines, 1)]
    return _checked([(n, line) for n, line in listed if line and not line.startswith("#")], str(path), field)


def _checked(listed: list[tuple[int | None, str]], path: str, field: str) -> WordList:
    if not 0 < len(listed) <= MOST_WORDS:
        raise refuse("words_missing", field, most=MOST_WORDS)
    problems = []
    for line, word in listed:
        if not _WORD.search(word) or len(word) > MOST_LETTERS:
            where: dict[str, Argument] = {"path": path, "line": line} if line is not None else {}
            key = "word_typed_wrong" if line is None else "word_wrong"
            problems.append(Problem(key, field, {"word": word[:MOST_LETTERS], "most": MOST_LETTERS, **where}))
    if problems:
        raise BadInput(*problems)
    plain = (" ".join(word.lower().replace("’", "'").split()) for _, word in listed)
    return WordList(tuple(dict.fromkeys(plain)))
