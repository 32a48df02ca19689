"""The rules that hold across the settings of one experiment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import Argument, Problem

_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")
_MOST_HELD_OUT = 0.6


def problems(experiment: Experiment) -> Iterator[Problem]:
    """Every rule across fields that `experiment` breaks. Each field alone was checked when it was decoded."""
    model, data = experiment.model, experiment.data
    if model.n_embd % model.n_head:
        fitting = ", ".join(str(heads) for heads in range(1, 65) if model.n_embd % heads == 0)
        arguments: dict[str, Argument] = {"n_head": model.n_head, "n_embd": model.n_embd, "fitting": fitting}
        yield Problem("heads_do_not_divide", "model.n_head", arguments)
    if data.validation_share + data.test_share > _MOST_HELD_OUT:
        shares = {"validation": data.validation_share, "test": data.test_share, "most": _MOST_HELD_OUT}
        yield Problem("splits_leave_nothing", "data.test_share", shares)
    if not _DEVICE.fullmatch(experiment.device):
        choices = {"value": experiment.device, "choices": "auto, cpu, cuda, cuda:0, cuda:1, ..."}
        yield Problem("not_a_choice", "device", choices)
    if not experiment.name.strip():
        yield Problem("name_empty", "name")
