"""Exposure: how far a planted secret stands out from secrets that were never planted, in bits (Carlini et al., 2019).

Exposure is log2 |R| - log2 rank: R are all digits that the secret could have had (of those that stand in any secret,
for the model may know no others), and rank is how many of them the model finds at least as likely. To ask for a million
of them would take hours, so rank / |R| is estimated by sampling, as the paper proposes: of n digits drawn at random,
the share that is at least as likely, the planted ones counted in. So exposure ends at log2(n + 1) bits, where no drawn
digits come near. Chance alone brings 1.44 bits on average.
"""

from __future__ import annotations

import math
import random

import numpy as np
import torch

from gpulab.engine.batches import Batch
from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.model import IGNORED, next_token_loss
from gpulab.techniques import chosen
from gpulab.techniques.canaries import Canaries, Secret, drawn, secrets
from gpulab.text.documents import Document, joined
from gpulab.text.experiment_text import edits_of
from gpulab.text.separating import edited

ASKED, LINES = 8, 1024
"""So many of the secrets are asked for; so many lines are read, shared evenly among them and the drawn ones."""

_LINES_AT_ONCE = 128


def _examine(subject: Subject) -> Found | None:
    planted = next((one for one in chosen(subject.experiment) if isinstance(one, Canaries)), None)
    if planted is None:
        return None
    known = secrets(planted.settings)
    asked, among = known[:ASKED], "".join(sorted(set("".join(secret.digits for secret in known))))
    each = LINES // len(asked)
    parts = {secret.name: {"exposure": _exposure(subject, secret, each, among)} for secret in asked}
    found = [figures["exposure"] for figures in parts.values()]
    most = math.log2(each)
    values = {"exposure": sum(found) / len(found), "secrets": float(len(found)), "most": most}
    return Found(values | {"first": float(sum(bits == most for bits in found))}, parts)


def _exposure(subject: Subject, secret: Secret, lines: int, among: str) -> float:
    """In bits, from 0 to log2(`lines`): of so many lines the secret is one, the others have digits of `among`."""
    chance = random.Random(f"beside {secret.line}")
    others = [drawn(chance, among) for _ in range(lines - 1)]
    losses = _losses(subject, [secret.line, *map(secret.with_digits, others)])
    return math.log2(lines / int((losses <= losses[0]).sum()))


def _losses(subject: Subject, lines: list[str]) -> torch.Tensor:
    """Nats that each of `lines` costs the model, shape (lines,); only their ends where the context is shorter."""
    inputs, targets = _batch(subject, lines)
    found = []
    for start in range(0, len(lines), _LINES_AT_ONCE):
        subject.check()
        rows = slice(start, start + _LINES_AT_ONCE)
        with subject.context():
            logits = subject.model(inputs[rows])
        found.append(next_token_loss(logits, targets[rows], reduction="none").view(len(logits), -1).double().sum(1))
    return torch.cat(found).cpu()


def _batch(subject: Subject, lines: list[str]) -> Batch:
    """The lines as the training text spells them, the shorter ones filled up with what is not asked for."""
    edits = edits_of(chosen(subject.experiment))
    longest = subject.experiment.model.context_length + 1
    as_read = (joined(edited([Document("", line)], "test", edits, {})) for line in lines)
    rows = [subject.text.tokenizer.encode(line).astype(np.int64)[-longest:] for line in as_read]
    filled = torch.full((len(rows), max(map(len, rows))), IGNORED)
    for row, tokens in zip(filled, rows, strict=True):
        row[: len(tokens)] = torch.from_numpy(tokens)
    filled = filled.to(subject.device)
    return filled[:, :-1].clamp(min=0), filled[:, 1:]


EXPOSURE = Examination("exposure", "exposure of planted secrets", "sometimes", _examine)
