"""Would the processor have been faster? A few passes of the same model on it, where a GPU trained something small."""

from __future__ import annotations

import copy
import statistics
import time

import torch

from gpulab.engine.examinations.examination import Examination, Found, Subject
from gpulab.engine.model import next_token_loss

_MOST_FLOPS = 4e9  # of one pass there and back: a fifth of a second on a slow core
_PASSES = 3


def _examine(subject: Subject) -> Found | None:
    """Tokens per second on the processor. None where it trained there, and for a model too large to ask in passing."""
    training, parameters = subject.experiment.training, sum(p.numel() for p in subject.model.parameters())
    inputs, targets = (part[: training.batch_size].cpu() for part in subject.held_out)
    if subject.device.type != "cuda" or subject.variant != "trained" or subject.state.team.size > 1:
        return None
    if 6.0 * parameters * inputs.numel() > _MOST_FLOPS:
        return None
    model = copy.deepcopy(subject.model).cpu().float().train()
    seconds = []
    for _ in range(_PASSES + 1):  # the first only warms up
        subject.check()
        seconds.append(_seconds(model, inputs, targets))
    return Found({"tokens_per_s": inputs.numel() / statistics.median(seconds[1:])})


def _seconds(model: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    began = time.perf_counter()
    with torch.enable_grad():
        next_token_loss(model(inputs), targets).backward()  # type: ignore[no-untyped-call]
    for parameter in model.parameters():
        parameter.grad = None
    return time.perf_counter() - began


PROCESSOR = Examination("processor", "how fast the processor would be", "end", _examine)
