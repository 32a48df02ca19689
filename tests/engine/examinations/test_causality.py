"""A model that looks ahead is found out, in evaluation and in training; every shape that does not is left in peace."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from gpulab.analysis.dangers.looks_ahead import LOOKS_AHEAD
from gpulab.engine.batches import fixed_windows
from gpulab.engine.examinations.causality import CAUSALITY
from gpulab.engine.examinations.examination import Found, Subject
from gpulab.engine.examinations.examiner import undisturbed
from gpulab.engine.layers import attention
from tests.analysis.dangers.trainings import evidence_of
from tests.engine.support import built, run, tiny

Techniques = dict[str, dict[str, Any]]
HONEST: dict[str, Techniques] = {
    "plain": {},
    "lstm": {"architecture": {"kind": "lstm"}},
    "cnn": {"architecture": {"kind": "cnn"}},
    "chance": {"dropout": {}, "stochastic_depth": {}},
    "step by step": {"attention": {"kernel": "naive"}},
    "bf16": {"precision": {"mode": "bf16"}},
    "fp16": {"precision": {"mode": "fp16"}},
}


def asked(folder: Path, techniques: Techniques) -> Found:
    state, pipeline, text = built(tiny(folder, techniques))
    windows = fixed_windows(text.validation, 16, 8)
    context = partial(pipeline.forward_context, state)
    subject = Subject(state.model, "trained", False, state, pipeline, text, windows, context, lambda: None)
    with undisturbed(state.model), torch.no_grad():
        found = CAUSALITY.examine(subject)
    assert found is not None
    return found


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_model_moves_by_nothing_at_all(tmp_path: Path, name: str) -> None:
    assert asked(tmp_path, HONEST[name]).values == {"evaluation": 0.0, "training": 0.0}


def test_batchnorm_is_found_while_it_trains_only(tmp_path: Path) -> None:
    values = asked(tmp_path, {"normalization": {"kind": "batchnorm"}}).values
    assert values["evaluation"] == 0.0
    assert values["training"] > 0.01


def test_a_mask_that_shows_one_position_too_many_is_a_danger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_far(new: int, all_: int, device: torch.device) -> torch.Tensor:
        return torch.ones(new, all_, dtype=torch.bool, device=device).tril(all_ - new + 1)

    monkeypatch.setattr(attention, "_seen", too_far)
    documents = run(tmp_path / "run", tiny(tmp_path, {"attention": {"kernel": "naive"}}))
    found = LOOKS_AHEAD.look(evidence_of(documents))
    assert found is not None
    assert (found.key, found.severity, found.step) == ("looks_ahead_evaluation", "danger", 0)


def test_a_training_with_batchnorm_is_warned_of_and_told_what_to_try(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"normalization": {"kind": "batchnorm"}}))
    found = LOOKS_AHEAD.look(evidence_of(documents))
    assert found is not None
    assert (found.key, found.severity) == ("looks_ahead_training", "warning")
    assert [one.key for one in found.tries] == ["try_layernorm"]


def test_one_position_alone_has_nothing_behind_it(tmp_path: Path) -> None:
    state, pipeline, text = built(tiny(tmp_path))
    nothing = torch.zeros(1, 1, dtype=torch.long)
    context = partial(pipeline.forward_context, state)
    subject = Subject(state.model, "trained", False, state, pipeline, text, (nothing, nothing), context, lambda: None)
    assert CAUSALITY.examine(subject) is None
