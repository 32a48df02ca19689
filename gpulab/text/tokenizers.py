"""Models read numbers, so each way of cutting text into pieces is a reversible table here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gpulab.spec.problem import refuse
from gpulab.text.bpe import BPE, Tokens

MOST_CHARACTERS = 2**16


class Tokenizer(Protocol):
    """What a model needs of a tokenizer. Ids run from 0 to `vocab_size` - 1."""

    @property
    def vocab_size(self) -> int: ...

    def encode(self, text: str, field: str = "") -> Tokens:
        """The ids of `text`, shape (tokens,). Raises BadInput at `field` for what cannot be spelt."""
        ...

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        """The text of `ids`, shape (tokens,)."""
        ...

    def byte_count(self, ids: npt.NDArray[np.integer]) -> int:
        """How many bytes of UTF-8 `ids`, shape (tokens,), spell."""
        ...

    def state(self) -> dict[str, str]:
        """Everything that `tokenizer_from` needs, ready for JSON."""
        ...


class Bytes:
    """The 256 bytes of UTF-8: spells any text, at more than one token for most letters outside English."""

    vocab_size = 256

    def encode(self, text: str, field: str = "") -> Tokens:
        return np.frombuffer(text.encode(), np.uint8).astype(np.uint16)

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        """The text of `ids`; bytes that do not form a character (a model may write such) show as U+FFFD."""
        return np.asarray(ids, np.uint8).tobytes().decode("utf-8", errors="replace")

    def byte_count(self, ids: npt.NDArray[np.integer]) -> int:
        return len(ids)

    def state(self) -> dict[str, str]:
        return {"kind": "bytes"}


class Characters:
    """One token a character (Unicode code point), numbered in code point order.

    `vocabulary` is every character that the model may read or write. `encode` refuses any other: dropping or
    replacing it would answer a prompt that nobody wrote.
    """

    def __init__(self, vocabulary: str) -> None:
        self.vocabulary = vocabulary
        self._codes = _codes(vocabulary)
        highest = int(self._codes.max(initial=0))
        self._ids = np.full(highest + 2, -1, np.int32)  # the last entry stands for every higher code point
        self._ids[self._codes] = np.arange(len(self._codes), dtype=np.int32)

    @classmethod
    def of(cls, text: str) -> Characters:
        """The characters that occur in `text`; raises BadInput (`data.tokenizer`) for more than 65,536."""
        seen = np.zeros(0x110000, np.bool_)
        seen[_codes(text)] = True
        codes = np.flatnonzero(seen).astype("<u4")
        if len(codes) > MOST_CHARACTERS:
            raise refuse("too_many_characters", "data.tokenizer", found=len(codes), limit=MOST_CHARACTERS)
        return cls(codes.tobytes().decode("utf-32-le"))

    @property
    def vocab_size(self) -> int:
        return len(self._codes)

    def encode(self, text: str, field: str = "") -> Tokens:
        ids = self._ids[np.minimum(_codes(text), len(self._ids) - 1)]
        if len(ids) and ids.min() < 0:
            unknown = sorted(set(text) - set(self.vocabulary))
            raise refuse("characters_unknown", field, characters=" ".join(unknown[:10]))
        return ids.astype(np.uint16)

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        return self._codes[np.asarray(ids, np.int64)].tobytes().decode("utf-32-le")

    def byte_count(self, ids: npt.NDArray[np.integer]) -> int:
        return len(self.decode(ids).encode())

    def state(self) -> dict[str, str]:
        return {"kind": "characters", "vocabulary": self.vocabulary}


AnyTokenizer = Bytes | Characters | BPE


def tokenizer_from(state: Mapping[str, str]) -> AnyTokenizer:
    """The tokenizer whose `state()` this was. Raises ValueError for a kind that is not known here."""
    if state.get("kind") == "bytes":
        return Bytes()
    if state.get("kind") == "characters" and "vocabulary" in state:
        return Characters(state["vocabulary"])
    if state.get("kind") == "bpe" and "tokenizer" in state:
        return BPE(state["tokenizer"])
    raise ValueError(f"not the state of a tokenizer: {dict(state)}")


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4")
