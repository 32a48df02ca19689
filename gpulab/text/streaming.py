"""Tokens become text piece by piece, and a token may end in the middle of a character: no half of one is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gpulab.text.bpe import BPE
from gpulab.text.tokenizers import AnyTokenizer, Bytes, Characters

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_ESCAPED = re.compile("[\udc80-\udcff]")


class Stream:
    """Takes tokens and gives their text; what might be the beginning of a character is kept until it is whole."""

    def __init__(self, tokenizer: AnyTokenizer) -> None:
        self._tokenizer = tokenizer
        self._open: list[int] = []  # tokens from the last clean boundary on
        self._given = 0  # characters of theirs that are out already

    def add(self, tokens: Sequence[int]) -> str:
        """The text that is certain now and was not before."""
        self._open += tokens
        text = self._tokenizer.decode(self._open)
        certain = text.removesuffix(_UNREADABLE)
        piece = certain[self._given :]
        if certain == text:
            self._open, self._given = [], 0
        else:
            self._given = len(certain)
        return piece

    def rest(self) -> str:
        """What is left at the end: bytes that never became a character."""
        piece = self._tokenizer.decode(self._open)[self._given :]
        self._open, self._given = [], 0
        return piece


def shown(tokenizer: AnyTokenizer, token: int) -> str:
    """One token for a person to read; where it is a part of a character, as the bytes that it has: <E2>."""
    match tokenizer:
        case Characters():
            return tokenizer.decode([token])
        case Bytes():
            spelling = bytes([token])
        case BPE():
            spelling = tokenizer.spelling(token)
    text = spelling.decode("utf-8", errors="surrogateescape")
    return _ESCAPED.sub(lambda found: f"<{ord(found.group()) - 0xDC00:02X}>", text)
