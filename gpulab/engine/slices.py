"""Who pays for a compression: what the final exam cost on rare words, on rare characters, in each document.

One mean hides that the commonest words hardly suffer while the rarest do. The exam's losses are therefore summed by
slice as well, from the same pass over the text. Slices are named `PARTITION/MEMBER`; the members of a partition share
the judged text among them, so their bits and bytes add up to the whole.

    words       common, rare, between (spaces and signs). Common are the most frequent words of the training text that
                together make up `COMMON_WORDS` of its running words, upper and lower case alike; a word that it never
                has is rare. One running word in ten is rare then, which is enough of 131,072 bytes to measure.
    names       name, other: words written with a capital within sentences (`gpulab/text/names.py`), and all the rest.
    speaker     the `MOST_SPEAKERS` who say most in a play, by the headings of their speeches
                (`gpulab/text/speakers.py`); the others together; what nobody says. Other texts have no speakers.
    characters  common, rare: the same with `COMMON_CHARACTERS`. Two characters in a hundred are rare: mostly capitals,
                digits and signs.
    document    each document that the exam reaches, by its title; beyond the `MOST_DOCUMENTS` longest, the others
                together. Documents that lie behind the judged text are read besides, `BEYOND_BYTES` in all, so that
                each has a figure: only those are not part of the whole.
    position    1 to 4: the quarter of the context in which the token stands. In the first one little was seen before.

A token counts where its last byte stands: the slices mean the same for every tokenizer, but that a space which BPE
puts into the token of a word is counted with the word.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from gpulab.engine.evaluation import Exam, Quality, every_token, graded, nothing
from gpulab.engine.model import IGNORED
from gpulab.text.documents import SEPARATOR
from gpulab.text.names import WORD, names_of
from gpulab.text.prepared import PreparedText
from gpulab.text.speakers import speeches
from gpulab.text.tokenizers import AnyTokenizer

COMMON_WORDS = 0.9
COMMON_CHARACTERS = 0.98
MOST_DOCUMENTS = 40
MOST_SPEAKERS = 8
OTHERS = "(others)"
BEYOND_BYTES = 65_536
"""What is read of the documents that the exam does not reach, all together."""
_MOST_OF_ONE, _LEAST_OF_ONE = 16_384, 2_048

_COUNTED_TOKENS = 1_000_000  # of the training text, spread over all of it: more would tell the same more slowly
_STRETCHES = 64
_QUARTERS = 4

Places = npt.NDArray[np.intp]


class Partition(msgspec.Struct, frozen=True):
    """The members' names and, for each judged token, which of them it belongs to."""

    names: tuple[str, ...]
    of: Places


class Slicing(msgspec.Struct, frozen=True):
    """How an exam's tokens fall into slices; `bytes` are those of original text that each token stands for."""

    partitions: tuple[Partition, ...]
    bytes: npt.NDArray[np.float64]

    def summed(self, losses: npt.NDArray[np.float64]) -> dict[str, dict[str, float]]:
        """Bits per byte and bytes of each slice that has any, from the loss of each judged token in nats."""
        found: dict[str, dict[str, float]] = {}
        for partition in self.partitions:
            count = len(partition.names)
            nats = np.bincount(partition.of, losses, count)
            sizes = np.bincount(partition.of, self.bytes, count)
            for name, lost, size in zip(partition.names, nats.tolist(), sizes.tolist(), strict=True):
                if whole := round(size):
                    found[name] = {"bits_per_byte": lost / math.log(2) / whole, "bytes": whole}
        return found


class SlicedExam(msgspec.Struct, frozen=True):
    """The final exam with its slices, and beside it one over the documents that it does not reach, if there are any."""

    whole: Exam
    slicing: Slicing
    beyond: tuple[Exam, Slicing] | None


def sliced(exam: Exam, text: PreparedText) -> SlicedExam:
    """The slices of `exam`, which is the final exam over the test part of `text`."""
    return SlicedExam(exam, _slicing(exam, text), _beyond(exam, text))


def take_sliced(
    model: torch.nn.Module,
    exam: SlicedExam,
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> tuple[Quality, dict[str, dict[str, float]]]:
    """The model's quality on the final exam, as `take_exam` finds it, and bits per byte and bytes of each slice."""
    quality, losses = graded(model, exam.whole, device, context, check)
    found = exam.slicing.summed(losses)
    if exam.beyond is not None:
        other, its_slicing = exam.beyond
        found |= its_slicing.summed(graded(model, other, device, context, check)[1])
    return quality, found


def _slicing(exam: Exam, text: PreparedText) -> Slicing:
    inputs, targets = (part.numpy() for part in exam.windows)
    asked = targets != IGNORED
    judged = np.concatenate([inputs[:1, 0], targets[asked]])
    lengths = lengths_of(judged, text.tokenizer)
    last_bytes = np.cumsum(lengths)[1:] - 1
    span, training = text.tokenizer.decode(judged), _training_sample(text)
    counts = Counter(WORD.findall(training))
    partitions = (
        _words(span, counts, last_bytes),
        _names(span, training, counts, last_bytes),
        _speakers(span, text.facts.test_documents, last_bytes),
        _characters(span, training, last_bytes),
        _documents(text.facts.test_documents, last_bytes),
        _positions(asked),
    )
    there = tuple(partition for partition in partitions if partition is not None)
    return Slicing(there, lengths[1:].astype(np.float64) * text.original_share("test"))


def _beyond(exam: Exam, text: PreparedText) -> tuple[Exam, Slicing] | None:
    """An exam over the beginnings of the documents that `exam` does not reach, but of those shorter than a context."""
    time, share = exam.windows[0].shape[1], text.original_share("test")
    unreached = _unreached(text, exam.bytes / share)[: BEYOND_BYTES // _LEAST_OF_ONE]
    most = min(_MOST_OF_ONE, BEYOND_BYTES // max(1, len(unreached)))
    read = [(title, text.tokenizer.encode(piece[:most].decode("utf-8", "ignore"))) for title, piece in unreached]
    found = [(title, tokens) for title, tokens in read if len(tokens) > time]
    if not found:
        return None
    inputs, targets = (torch.cat(parts) for parts in zip(*(every_token(t, time) for _, t in found), strict=True))
    sizes = share * np.concatenate([lengths_of(tokens, text.tokenizer)[1:] for _, tokens in found]).astype(np.float64)
    of = np.repeat(np.arange(len(found)), [len(tokens) - 1 for _, tokens in found])
    names = tuple(f"document/{title}" for title, _ in found)
    other = Exam((inputs, targets), round(float(sizes.sum())), exam.batch_size)
    return other, Slicing((Partition(names, of),), sizes)


def _unreached(text: PreparedText, read: float) -> list[tuple[str, bytes]]:
    """Title and content of the test documents that begin behind the first `read` bytes; of a title, the first."""
    content, start = text.tokenizer.decode(text.test).encode(), 0
    reached, found = set[str](), dict[str, bytes]()
    for title, size in text.facts.test_documents:
        if start <= read:
            reached.add(title)
        elif title not in reached:
            found.setdefault(title, content[start : start + size])
        start += size + len(SEPARATOR.encode())
    return list(found.items())


def lengths_of(tokens: npt.NDArray[np.integer], tokenizer: AnyTokenizer) -> npt.NDArray[np.int64]:
    """How many bytes each of `tokens` spells."""
    kinds, at = np.unique(tokens, return_inverse=True)
    sizes = [tokenizer.byte_count(kinds[place : place + 1]) for place in range(len(kinds))]
    return np.array(sizes, np.int64)[at]


def _training_sample(text: PreparedText) -> str:
    """What frequencies are counted in: the whole training text, or stretches spread evenly over a long one."""
    tokens = text.train
    if len(tokens) <= _COUNTED_TOKENS:
        return text.tokenizer.decode(tokens)
    width = _COUNTED_TOKENS // _STRETCHES
    starts = np.linspace(0, len(tokens) - width, _STRETCHES).astype(int)
    return "\n".join(text.tokenizer.decode(tokens[start : start + width]) for start in starts)


def _words(span: str, counts: Mapping[str, int], last_bytes: Places) -> Partition:
    """`counts` are those of the training text's words as they stand there."""
    small: Counter[str] = Counter()
    for word, count in counts.items():
        small[word.lower()] += count
    common = commonest(small, COMMON_WORDS)
    kinds = np.full(len(span), 2, np.int8)
    for found in WORD.finditer(span):
        kinds[found.start() : found.end()] = found.group().lower() not in common
    return Partition(("words/common", "words/rare", "words/between"), _by_byte(span, kinds)[last_bytes])


def _names(span: str, training: str, counts: Mapping[str, int], last_bytes: Places) -> Partition | None:
    kinds = np.ones(len(span), np.int8)
    for start, end in names_of(span, training, counts):
        kinds[start:end] = 0
    return Partition(("names/name", "names/other"), _by_byte(span, kinds)[last_bytes]) if not kinds.all() else None


def _speakers(span: str, known: Sequence[tuple[str, int]], last_bytes: Places) -> Partition | None:
    content = span.encode()
    begins = [len(content[:end].decode("utf-8", "ignore")) for end in _ends(known) if end < len(content)]
    found = speeches(span, MOST_SPEAKERS, begins)
    if found is None:
        return None
    return Partition(tuple(f"speaker/{name}" for name in found.names), _by_byte(span, found.of)[last_bytes])


def _characters(span: str, training: str, last_bytes: Places) -> Partition:
    common = commonest(Counter(training), COMMON_CHARACTERS)
    kinds = np.array([character not in common for character in span], np.int8)
    return Partition(("characters/common", "characters/rare"), _by_byte(span, kinds)[last_bytes])


def commonest(counts: Mapping[str, int], share: float) -> frozenset[str]:
    """The most frequent of what was counted, together `share` (0 to 1) of it; of equals, the first in order."""
    ranked = sorted(counts, key=lambda thing: (-counts[thing], thing))
    reached = np.cumsum([counts[thing] for thing in ranked])
    if not len(reached):
        return frozenset()
    return frozenset(ranked[: int(np.searchsorted(reached, share * reached[-1])) + 1])


def _by_byte(span: str, kinds: npt.NDArray[np.int8]) -> Places:
    """What stands for each character of `span`, once for each of its bytes."""
    codes = np.frombuffer(span.encode("utf-32-le"), "<u4")
    widths = 1 + (codes > 0x7F).astype(np.int64) + (codes > 0x7FF) + (codes > 0xFFFF)
    return np.repeat(kinds, widths).astype(np.intp)


def _documents(known: Sequence[tuple[str, int]], last_bytes: Places) -> Partition:
    """`known` are titles and bytes; what separates two documents belongs to the one before."""
    at = np.minimum(np.searchsorted(_ends(known), last_bytes, side="right"), len(known) - 1)
    met = np.bincount(at, minlength=len(known))
    by_title: Counter[str] = Counter()
    for (title, _), tokens in zip(known, met.tolist(), strict=True):
        by_title[title] += tokens
    named = [title for title, tokens in by_title.most_common(MOST_DOCUMENTS) if tokens]
    names = tuple(f"document/{title}" for title in [*named, OTHERS])
    place = {title: number for number, title in enumerate(named)}
    of_document = np.array([place.get(title, len(named)) for title, _ in known], np.intp)
    return Partition(names, of_document[at])


def _ends(known: Sequence[tuple[str, int]]) -> Places:
    """At which byte of the text each document ends, with what separates it from the next."""
    between = len(SEPARATOR.encode())
    return np.cumsum([size + between for _, size in known], dtype=np.intp)


def _positions(asked: npt.NDArray[np.bool_]) -> Partition:
    """`asked` (windows, time): which positions are judged."""
    time = asked.shape[1]
    quarters = np.arange(time) * _QUARTERS // time
    names = tuple(f"position/{number}" for number in range(1, _QUARTERS + 1))
    return Partition(names, np.broadcast_to(quarters, asked.shape)[asked].astype(np.intp))
