"""Has this model grown old? A finished model judged on a text that it never saw, beside the test text of its own run.

A model learns the words of its time. How many more bits it needs for each byte of a newer text says how far the world
has moved on. The text goes through the run's own edits and its own tokenizer; both texts are judged by the same exam,
in 32 bits, so the two figures compare with each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec
import numpy as np
import torch

from gpulab.analysis.intervals import Interval
from gpulab.analysis.resampled import Pieces, quotient
from gpulab.engine.build import prepare_text
from gpulab.engine.evaluation import Quality, final_exam, graded, nothing
from gpulab.engine.model import GPT, IGNORED
from gpulab.engine.model_file import load_model
from gpulab.engine.slices import lengths_of
from gpulab.events.documents import RunEnded
from gpulab.events.log import read_all
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.problem import BadInput, refuse
from gpulab.techniques import REGISTRY, chosen
from gpulab.text.dedup import without_copies
from gpulab.text.documents import Document, joined
from gpulab.text.earlier import tokenizer_in
from gpulab.text.experiment_text import edits_of
from gpulab.text.leaks import without_leaks
from gpulab.text.prepared import PreparedText
from gpulab.text.reading import read_path
from gpulab.text.separating import edited
from gpulab.text.tokenizers import AnyTokenizer, Characters

_BATCH = 16
_MOST_COMPARED_BYTES = 50_000_000
_LEAST_TOKENS = 64
_STRETCHES, _STRETCH_TOKENS = 64, 256  # that many pieces of a long text are drawn anew; each holds a few sentences


class Aging(msgspec.Struct, frozen=True):
    """Bits per byte of the new text and of the run's own test text; the share of tokens guessed right (0 to 1).

    `own_measured` is whether the own text was read again now; if not, `own_bits_per_byte` is the run's record (None
    where it has none). Of the new text `left_out_share` of its bytes stood in lines with characters that the model
    cannot spell, and `met_share` of what was left stands in its training text (None where that cannot be read).
    `comparable` is whether neither text was changed by edits that cannot be undone. `gap` is how many more bits per
    byte the new text takes than the own one, as a share, with its interval over stretches of both texts; None where
    the own text's figure is not known.
    """

    new_bits_per_byte: float
    new_accuracy: float
    new_bytes: int
    own_bits_per_byte: float | None
    own_accuracy: float | None
    own_measured: bool
    left_out_share: float
    met_share: float | None
    comparable: bool
    gap: Interval | None


def judge_on(run_dir: Path, path: str, check: Callable[[], None] = nothing) -> Aging:
    """Judges the finished model in `run_dir` on the text at `path`, a file or a folder. Runs on the CPU.

    `check` is called between batches and may raise to end it. Raises BadInput where the run has no finished model, its
    tokenizer cannot be found, or the text cannot be read.
    """
    experiment = load(run_dir / "experiment.toml", REGISTRY)
    tokenizer = tokenizer_in(run_dir)
    model = load_model(run_dir / "model.safetensors")
    original, text, left_out_share = _new_text(path, experiment, tokenizer)
    own = _own_text(experiment, tokenizer)
    new, stretches = _quality(model, text, tokenizer, len(original.encode()) / len(text.encode()), check)
    again, own_stretches = None, None
    if own:
        content, share = tokenizer.decode(own.test), own.original_share("test")
        again, own_stretches = _quality(model, content, tokenizer, share, check)
    known = again.bits_per_byte if again else _recorded(run_dir)
    against = own_stretches or known
    return Aging(
        new_bits_per_byte=new.bits_per_byte,
        new_accuracy=new.accuracy,
        new_bytes=len(original.encode()),
        own_bits_per_byte=known,
        own_accuracy=again.accuracy if again else None,
        own_measured=again is not None,
        left_out_share=left_out_share,
        met_share=_met_share(text, tokenizer, own) if own else None,
        comparable=text == original and (own is None or own.facts.comparable),
        gap=quotient(stretches, against) if against else None,
    )


def _new_text(path: str, experiment: Experiment, tokenizer: AnyTokenizer) -> tuple[str, str, float]:
    """The text as it stands, the same as the model reads it, and the share of bytes left out of both."""
    edits = edits_of(chosen(experiment))
    documents = without_copies(read_path(path).documents)

    def read(documents: Sequence[Document]) -> str:
        return joined(edited(documents, "test", edits, {}))

    whole, left_out_share = joined(documents), 0.0
    if isinstance(tokenizer, Characters):
        known = set(tokenizer.vocabulary)
        lines = whole.splitlines(keepends=True)
        spelt = "".join(line for line in lines if known.issuperset(read([Document("", line)])))
        left_out_share = 1.0 - len(spelt.encode()) / len(whole.encode())
        whole, documents = spelt, [Document("", spelt)]
    text = read(documents)
    if len(tokens := tokenizer.encode(text)) < _LEAST_TOKENS:
        raise refuse("new_text_too_short", "path", path=path, tokens=len(tokens), needed=_LEAST_TOKENS)
    return whole, text, left_out_share


def _own_text(experiment: Experiment, tokenizer: AnyTokenizer) -> PreparedText | None:
    try:
        return prepare_text(experiment, tokenizer)
    except BadInput:  # a person's own file may be gone by now; the record still says how it was
        return None


def _quality(
    model: GPT, text: str, tokenizer: AnyTokenizer, original_share: float, check: Callable[[], None]
) -> tuple[Quality, Pieces]:
    """How good the model is on `text`, and the bits and bytes of each stretch of it."""
    exam = final_exam(tokenizer.encode(text), tokenizer, model.plan.context_length, _BATCH, original_share)
    quality, losses = graded(model, exam, torch.device("cpu"), nullcontext, check)
    targets = exam.windows[1].numpy()
    sizes = lengths_of(targets[targets != IGNORED], tokenizer) * original_share
    count = max(1, min(_STRETCHES, len(losses) // _STRETCH_TOKENS))
    bits, held = (tuple(float(one.sum()) for one in np.array_split(each, count)) for each in (losses, sizes))
    return quality, Pieces(tuple(nats / math.log(2) for nats in bits), held)


def _met_share(text: str, tokenizer: AnyTokenizer, own: PreparedText) -> float | None:
    train = tokenizer.decode(own.train)
    if len(train) > _MOST_COMPARED_BYTES:
        return None
    return without_leaks(text, train)[1] / len(text.encode())


def _recorded(run_dir: Path) -> float | None:
    endings = [document for document in read_all(run_dir) if isinstance(document, RunEnded)]
    return next((e.summary["test_bits_per_byte"] for e in endings[::-1] if "test_bits_per_byte" in e.summary), None)
