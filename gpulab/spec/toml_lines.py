"""Where in a TOML file each value stands: `tomllib` reads values and forgets lines, and a refusal should name them.

Only for text that `tomllib` has read already: whatever it would refuse is not looked for here a second time.
"""

from __future__ import annotations

from collections.abc import Mapping

Path = tuple[str | int, ...]
"""`("steps", 0, "text")` is the text of the first step; a key that was written with dots in quotes is one name."""

_TRIPLE = ('"""', "'''")
_BLANK = " \t\r\n"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "e": "\x1b"}


class Lines:
    """The lines of one file, from 1 on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: Mapping[Path, tuple[int, int]] = _Scanner(text).spans

    def known(self) -> frozenset[Path]:
        """Every path that has a line of its own."""
        return frozenset(self._spans)

    def of(self, path: Path, snippet: str = "") -> int:
        """The line of the value at `path`, or that in it where `snippet` stands; of what is not there, its table's."""
        while path and path not in self._spans:
            path = path[:-1]
        if not path:
            return 1
        start, end = self._spans[path]
        found = self._text.find(snippet, start, end) if snippet else -1
        return self._text.count("\n", 0, start if found < 0 else found) + 1


class _Scanner:
    """Walks once over the text and notes from where to where each value reaches, in characters."""

    def __init__(self, text: str) -> None:
        self.spans: dict[Path, tuple[int, int]] = {}
        self._text, self._at = text, 0
        self._counts: dict[Path, int] = {}
        table: Path = ()
        while self._skip(_BLANK):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _skip(self, blank: str) -> bool:
        """Goes on to what is neither in `blank` nor a comment; False at the end of the text."""
        text = self._text
        while self._at < len(text):
            if text[self._at] == "#":
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
            elif text[self._at] in blank:
                self._at += 1
            else:
                return True
        return False

    def _header(self) -> Path:
        start = self._at
        many = self._text.startswith("[[", start)
        self._at += 2 if many else 1
        path: Path = ()
        names = self._key()
        for number, name in enumerate(names):
            path = (*path, name)
            if many and number == len(names) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._at += 2 if many else 1
        for length in range(1, len(path) + 1):  # tables above may have no line of their own
            self.spans.setdefault(path[:length], (start, self._at))
        return path

    def _key(self) -> list[str]:
        """The names of a key up to `=` or `]`, which is where it stops."""
        names: list[str] = []
        while self._skip(" \t") and self._text[self._at] not in "=]":
            letter = self._text[self._at]
            if letter == ".":
                self._at += 1
            elif letter in "\"'":
                names.append(self._string(letter))
            else:
                start = self._at
                while self._text[self._at] not in " \t.=]":
                    self._at += 1
                names.append(self._text[start : self._at])
        return names

    def _pair(self, table: Path) -> None:
        start = self._at
        names = self._key()
        self._at += 1
        self._skip(" \t")
        path: Path = table
        for name in names:
            path = (*path, name)
            self.spans.setdefault(path, (start, start))
        self._value(path)
        for length in range(len(table) + 1, len(path) + 1):
            self.spans[path[:length]] = (self.spans[path[:length]][0], self._at)

    def _value(self, path: Path) -> None:
        letter = self._text[self._at]
        if letter in "\"'":
            quote = self._text[self._at : self._at + 3]
            self._string(quote if quote in _TRIPLE else letter)
        elif letter == "[":
            self._items(path)
        elif letter == "{":
            self._at += 1
            while self._skip(_BLANK + ",") and self._text[self._at] != "}":
                self._pair(path)
            self._at += 1
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",]}#\n":
                self._at += 1

    def _items(self, path: Path) -> None:
        self._at += 1
        number = 0
        while self._skip(_BLANK + ",") and self._text[self._at] != "]":
            start = self._at
            self._value((*path, number))
            self.spans[*path, number] = (start, self._at)
            number += 1
        self._at += 1

    def _string(self, quote: str) -> str:
        """Goes behind the string that begins here; returns what it says, as far as a key may need it."""
        text, said = self._text, list[str]()
        self._at += len(quote)
        while not text.startswith(quote, self._at):
            if text[self._at] == "\\" and '"' in quote:
                self._at += 1
                said.append(self._escaped())
            else:
                said.append(text[self._at])
                self._at += 1
        self._at += len(quote)
        while len(quote) == 3 and text.startswith(quote[0], self._at):  # up to two quotes may stand before the end
            self._at += 1
        return "".join(said)

    def _escaped(self) -> str:
        letter = self._text[self._at]
        digits = {"x": 2, "u": 4, "U": 8}.get(letter, 0)
        self._at += 1 + digits
        if digits:
            return chr(int(self._text[self._at - digits : self._at], 16))
        return _ESCAPES.get(letter, letter)
