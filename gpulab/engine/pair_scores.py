"""How likely a model finds the same continuation behind either of two words that take turns in one prompt.

The figure is log p(continuation | prompt with the first word) - log p(continuation | prompt with the second), in nats
over the whole continuation. Two sentences that differ in one word share all tokens but those of the word, and the
shared ones before it cancel: what is left is the comparison that CrowS-Pairs makes (Nangia et al., 2020,
arXiv:2010.00133), for a model that reads from left to right. How frequent the words themselves are plays no part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import msgspec
import torch

from gpulab.engine.model import IGNORED, next_token_loss
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.techniques import chosen
from gpulab.text.documents import Document, joined
from gpulab.text.experiment_text import edits_of
from gpulab.text.paired_prompts import Pair
from gpulab.text.separating import edited
from gpulab.text.tokenizers import AnyTokenizer


class Spelling(NamedTuple):
    """How a text becomes tokens: the run's own edits, then its own tokenizer."""

    edit: Callable[[str], str]
    tokenizer: AnyTokenizer


def spelling_of(experiment: Experiment, tokenizer: AnyTokenizer) -> Spelling:
    """As the held-out text of `experiment` is read."""
    edits = edits_of(chosen(experiment))
    return Spelling(lambda text: joined(edited([Document("", text)], "test", edits, {})), tokenizer)


class PairScore(msgspec.Struct, frozen=True):
    """The log-probability, in nats, of a pair's continuation behind its first word and behind its second."""

    pair: Pair
    first: float
    second: float

    @property
    def gap(self) -> float:
        """Above zero where the continuation goes with the first word."""
        return self.first - self.second


def scores(
    model: torch.nn.Module,
    pairs: Sequence[Pair],
    spelling: Spelling,
    shape: tuple[int, int],
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None],
) -> list[PairScore]:
    """The scores of those `pairs` that can be spelt, that the edits leave apart, and that fit into the context.

    `shape` (batch, time) is that of every pass, filled up behind the sentences: a compiled model knows it already.
    """
    found = [(pair, rows) for pair in pairs if (rows := _rows(pair, spelling, shape[1])) is not None]
    if not found:
        return []
    flat = [row for _, rows in found for row in rows]
    likely = _continuations(model, flat, shape, device, context, check)
    return [PairScore(pair, *likely[2 * at : 2 * at + 2]) for at, (pair, _) in enumerate(found)]


Row = tuple[list[int], int]  # tokens of prompt and continuation, and how many of them the continuation has


def _rows(pair: Pair, spelling: Spelling, time: int) -> tuple[Row, Row] | None:
    """Both sentences as tokens; None where one of them cannot be read whole."""
    parts = _parts(pair, spelling.edit)
    if parts is None:
        return None
    try:
        first, second, asked = (spelling.tokenizer.encode(part).tolist() for part in parts)
    except BadInput:  # it has no such character
        return None
    if not asked or not first or not second or max(len(first), len(second)) + len(asked) > time + 1:
        return None
    return (first + asked, len(asked)), (second + asked, len(asked))


def _parts(pair: Pair, edit: Callable[[str], str]) -> tuple[str, str, str] | None:
    """Both prompts and the continuation as the run's edits leave them; None where those do not leave them apart.

    Whole sentences are edited, for an edit may look at what stands around a word.
    """
    first, second = (edit(prompt + pair.continuation) for prompt in pair.prompts)
    core = edit(pair.continuation).strip()
    if not core or first == second or not first.endswith(core) or not second.endswith(core):
        return None
    begins = [len(sentence) - len(core) for sentence in (first, second)]
    spaced = all(sentence[:begin].endswith(" ") for sentence, begin in zip((first, second), begins, strict=True))
    if spaced and pair.continuation.startswith(" "):
        begins = [begin - 1 for begin in begins]  # the space before a word belongs to it, as it does for BPE
    return first[: begins[0]], second[: begins[1]], second[begins[1] :]


@torch.no_grad()
def _continuations(
    model: torch.nn.Module,
    rows: Sequence[Row],
    shape: tuple[int, int],
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None],
) -> list[float]:
    """The log-probability of each row's continuation, in nats."""
    batch, time = shape
    likely: list[float] = []
    for start in range(0, len(rows), batch):
        check()
        inputs = torch.zeros((batch, time), dtype=torch.int64)
        targets = torch.full((batch, time), IGNORED, dtype=torch.int64)
        for at, (tokens, asked) in enumerate(rows[start : start + batch]):
            inputs[at, : len(tokens) - 1] = torch.tensor(tokens[:-1])
            targets[at, len(tokens) - 1 - asked : len(tokens) - 1] = torch.tensor(tokens[-asked:])
        with context():
            logits = model(inputs.to(device))
        losses = next_token_loss(logits, targets.to(device), reduction="none").view(batch, time)
        likely += (-losses.double().sum(1)).tolist()[: len(rows) - start]
    return likely
