"""How good a model is: loss, bits per byte of original text, and how often the next token is guessed right."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from gpulab.engine.batches import Batch, fixed_windows
from gpulab.engine.model import IGNORED, next_token_loss
from gpulab.text.tokenizers import Tokenizer

JUDGED_BYTES = 131_072
"""Of the test text, as much is read as this; the span is measured in bytes, so it is the same for all tokenizers."""


class Quality(msgspec.Struct, frozen=True):
    """Loss in nats per token, bits per byte of the original text, and the share of tokens guessed right (0 to 1)."""

    loss: float
    bits_per_byte: float
    accuracy: float

    @property
    def perplexity(self) -> float:
        return math.exp(min(self.loss, 700.0))


class Exam(msgspec.Struct, frozen=True):
    """Fixed windows of held-out text, and how many bytes of original text their targets spell."""

    windows: Batch
    bytes: int
    batch_size: int


def make_exam(
    tokens: npt.NDArray[np.integer],
    tokenizer: Tokenizer,
    context_length: int,
    batch_size: int,
    most: int | None = None,
    original_share: float = 1.0,
) -> Exam:
    """An exam over at most `most` windows of `tokens`, read `batch_size` at a time.

    `original_share` is how many bytes of original text each byte stands for that the tokens spell.
    """
    windows = fixed_windows(tokens, context_length, most)
    return _exam(windows, tokenizer, batch_size, original_share)


def final_exam(
    tokens: npt.NDArray[np.integer],
    tokenizer: Tokenizer,
    context_length: int,
    batch_size: int,
    original_share: float = 1.0,
) -> Exam:
    """The exam that verdicts read: the first `JUDGED_BYTES` of the original test text, from its second token on.

    The last window reaches back over the one before it, so that the span ends at the same byte for all tokenizers;
    what the earlier window asked is not asked again.
    """
    most = round(JUDGED_BYTES / original_share)
    span = tokenizer.decode(tokens[: most + 1]).encode("utf-8")[:most].decode("utf-8", errors="ignore")
    return _exam(every_token(tokenizer.encode(span), context_length), tokenizer, batch_size, original_share)


def every_token(judged: npt.NDArray[np.integer], context_length: int) -> Batch:
    """Windows that ask for each of `judged` but the first exactly once; the last one may reach back."""
    inputs, targets = fixed_windows(judged, context_length)
    left = (len(judged) - 1) % context_length
    if not len(inputs):  # a context longer than the span: one window holds all of it
        whole = torch.from_numpy(judged[None].astype(np.int64))
        inputs, targets = whole[:, :-1], whole[:, 1:]
    elif left:
        last = torch.from_numpy(judged[-context_length - 1 :].astype(np.int64))
        asked = last[1:].clone()
        asked[:-left] = IGNORED
        inputs, targets = torch.cat([inputs, last[None, :-1]]), torch.cat([targets, asked[None]])
    return inputs, targets


def _exam(windows: Batch, tokenizer: Tokenizer, batch_size: int, original_share: float) -> Exam:
    asked = windows[1][windows[1] != IGNORED]
    return Exam(windows, round(tokenizer.byte_count(asked.numpy()) * original_share), batch_size)


def nothing() -> None:
    """The check of those who cannot be interrupted."""


def take_exam(
    model: torch.nn.Module,
    exam: Exam,
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> Quality:
    """The model's quality on `exam`, computed in evaluation mode under `context`, the precision it was trained in.

    `check` is called before each batch and may raise to end the exam.
    """
    return graded(model, exam, device, context, check)[0]


@torch.no_grad()
def graded(
    model: torch.nn.Module,
    exam: Exam,
    device: torch.device,
    context: Callable[[], AbstractContextManager[object]],
    check: Callable[[], None] = nothing,
) -> tuple[Quality, npt.NDArray[np.float64]]:
    """What `take_exam` finds and, in the exam's order, what each token that it asks for cost, in nats."""
    was_training = model.training
    model.eval()
    losses: list[torch.Tensor] = []
    right = torch.zeros((), dtype=torch.int64, device=device)
    for start in range(0, len(exam.windows[0]), exam.batch_size):
        check()
        inputs, targets = (part[start : start + exam.batch_size].to(device) for part in exam.windows)
        with context():
            logits = model(inputs)
        losses.append(next_token_loss(logits, targets, reduction="none"))
        right += (logits.argmax(-1) == targets).sum()
    model.train(was_training)
    asked = (exam.windows[1] != IGNORED).flatten()
    each = torch.cat(losses).double().cpu()[asked].numpy()  # added up in 64 bits, so that parts make up the whole
    nats = float(each.sum())
    return Quality(nats / len(each), nats / math.log(2) / exam.bytes, right.item() / len(each)), each
