"""Byte pair encoding: frequent stretches of text become one token each, and any text at all can still be spelt.

Byte-level, as for GPT-2 (Radford et al., 2019, after Sennrich, Haddow, Birch, arXiv:1508.07909): the 256 bytes are the
first tokens and merges are learned on top, so no character is ever unknown. `tokenizers` learns and applies the
merges. It is imported where it is needed: the window must not wait for it. Tokens are turned back into bytes by a
table of our own, which makes their bytes exact whatever a model writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Library

Tokens = npt.NDArray[np.uint16]

MOST_TOKENS = 2**16
"""What fits into the two bytes that a token is stored in."""

_STRETCH = 1 << 16  # characters; one long text takes six times as long to encode as the same text in stretches
_STRETCHES = 64  # encoded at a time: keeps 500 MB of text from needing tens of GB of the library's own records
_BETWEEN_LINES = re.compile(r"(?<=\S\n)(?=\S)")


class BPE:
    """A learned vocabulary of byte sequences. `tokenizer` is the library's own JSON for it."""

    def __init__(self, tokenizer: str) -> None:
        """Raises ValueError where `tokenizer` is not a byte-level BPE that knows all 256 bytes."""
        self._json = tokenizer
        self._spelt = _spellings(tokenizer)
        self._lengths = np.array([len(spelling) for spelling in self._spelt], np.int64)
        self._library: Library | None = None

    @classmethod
    def trained(cls, text: str, vocabulary_size: int) -> BPE:
        """The `vocabulary_size` tokens (256 bytes and merges) for `text`; fewer where it has no more pairs."""
        tokenizers = _library()
        learner = tokenizers.Tokenizer(tokenizers.models.BPE())
        learner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = tokenizers.trainers.BpeTrainer(
            vocab_size=vocabulary_size, initial_alphabet=sorted(_BYTE_OF), show_progress=False
        )
        learner.train_from_iterator(_stretches(text), trainer)
        return cls(learner.to_str())

    @classmethod
    def of_merges(cls, vocabulary: Mapping[str, int], merges: Sequence[tuple[str, str]]) -> BPE:
        """The tokenizer of GPT-2's own files. Raises ValueError where they do not fit together."""
        tokenizers = _library()
        try:
            known = tokenizers.Tokenizer(tokenizers.models.BPE(dict(vocabulary), list(merges)))
        except Exception as error:  # the library knows no narrower kind
            raise ValueError(f"not a byte pair encoding: {error}") from error
        known.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        return cls(known.to_str())

    @property
    def vocab_size(self) -> int:
        return len(self._spelt)

    def encode(self, text: str, field: str = "") -> Tokens:
        """The ids of `text`, shape (tokens,). Nothing is unknown, so nothing is refused."""
        if self._library is None:
            self._library = _library().Tokenizer.from_str(self._json)
        found = [np.empty(0, np.uint16)]
        stretches = list(_stretches(text))
        for start in range(0, len(stretches), _STRETCHES):
            encoded = self._library.encode_batch_fast(stretches[start : start + _STRETCHES], add_special_tokens=False)
            found += [np.array(one.ids, np.uint16) for one in encoded]
        return np.concatenate(found)

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        """The text of `ids`; bytes that do not form a character (a model may write such) show as U+FFFD."""
        return b"".join([self._spelt[token] for token in np.asarray(ids).tolist()]).decode("utf-8", errors="replace")

    def spelling(self, token: int) -> bytes:
        """The bytes of one token."""
        return self._spelt[token]

    def byte_count(self, ids: npt.NDArray[np.integer]) -> int:
        return int(self._lengths[np.asarray(ids, np.int64)].sum())

    def state(self) -> dict[str, str]:
        return {"kind": "bpe", "tokenizer": self._json}


def _stretches(text: str) -> Iterator[str]:
    """`text` in pieces that are encoded as they would be in the whole: cut between two lines, no blank one beside."""
    start = 0
    while start < len(text):
        cut = _BETWEEN_LINES.search(text, min(start + _STRETCH, len(text)))
        end = cut.start() if cut else len(text)
        yield text[start:end]
        start = end


def _spellings(tokenizer: str) -> list[bytes]:
    """The bytes that each token spells, by its number."""
    try:
        table = msgspec.json.decode(tokenizer)
        vocabulary: dict[str, int] = table["model"]["vocab"]
        byte_level = table["model"]["type"] == "BPE" and table["pre_tokenizer"]["type"] == "ByteLevel"
        spelt = {number: bytes(_BYTE_OF[letter] for letter in token) for token, number in vocabulary.items()}
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a byte-level tokenizer: {error}") from error
    whole = sorted(spelt) == list(range(len(spelt))) and len(spelt) <= MOST_TOKENS
    if not (byte_level and whole and {bytes([byte]) for byte in range(256)} <= set(spelt.values())):
        raise ValueError("not a byte-level tokenizer that can spell every text")
    return [spelt[number] for number in range(len(spelt))]


def _byte_of() -> dict[str, int]:
    """GPT-2's letters for the bytes: printable ones stand for themselves, the others for U+0100 onwards."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


_BYTE_OF = _byte_of()


def _library() -> Any:
    # Said once and for all, or the library warns when a process that used several cores starts another.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    import tokenizers

    return tokenizers
