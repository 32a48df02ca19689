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
from gpulab.engine.model import next_token_loss
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
    tokens: npt.NDArray[np.integer], tokenizer: Tokenizer, context_length: int, batch_size: int, most: int | None = None
) -> Exam:
    """An exam over at most `most` windows of `tokens`, read `batch_size` at a time."""
    inputs, targets = fixed_windows(tokens, context_length, most)
    return Exam((inputs, targets), tokenizer.byte_count(targets.flatten().numpy()), batch_size)


def final_exam(tokens: npt.NDArray[np.integer], tokenizer: Tokenizer, context_length: int, batch_size: int) -> Exam:
    """The exam that verdicts read: every window of the first `JUDGED_BYTES` of the test text."""
    span = tokenizer.decode(tokens[: JUDGED_BYTES + 1]).encode("utf-8")[:JUDGED_BYTES].decode("utf-8", errors="ignore")
    return make_exam(tokenizer.encode(span), tokenizer, context_length, batch_size)


def nothing() -> None:
    """The check of those who cannot be interrupted."""


@torch.no_grad()
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
    was_training = model.training
    model.eval()
    loss = torch.zeros((), dtype=torch.float64, device=device)
    right = torch.zeros((), dtype=torch.int64, device=device)
    for start in range(0, len(exam.windows[0]), exam.batch_size):
        check()
        inputs, targets = (part[start : start + exam.batch_size].to(device) for part in exam.windows)
        with context():
            logits = model(inputs)
        loss += next_token_loss(logits, targets, reduction="sum").double()
        right += (logits.argmax(-1) == targets).sum()
    model.train(was_training)
    count = exam.windows[1].numel()
    nats = loss.item()
    return Quality(nats / count, nats / math.log(2) / exam.bytes, right.item() / count)
