"""Rank agreement is Spearman's; what is dead is found, what lives is not; reading a model leaves it as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from scipy.stats import spearmanr

from gpulab.analysis.dangers import DETECTORS, Evidence
from gpulab.engine import run as run_module
from gpulab.engine.examinations.explain import EXPLAIN
from gpulab.engine.model import GPT
from gpulab.engine.probes.explaining import Explained, counts, explain, occlusion, rank_agreement
from gpulab.engine.probes.looking_inside import look_inside
from gpulab.events.documents import Examined
from tests.analysis.dangers.trainings import evidence_of
from tests.engine.plans import TINY, built_from
from tests.engine.support import run, tiny

PLAN = msgspec.structs.replace(TINY, n_layer=2, n_head=4, n_embd=32, context_length=20, vocab_size=40)
TOKENS = torch.randint(40, (3, 21), generator=torch.Generator().manual_seed(3))
BATCH = TOKENS[:, :-1], TOKENS[:, 1:]


def model_of(**changes: Any) -> GPT:
    """A model by chance whose weights are large enough that heads and units differ."""
    model = built_from(msgspec.structs.replace(PLAN, **changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.3, generator=torch.Generator().manual_seed(parameter.numel()))
    return model


def explained(model: GPT) -> Explained:
    found = explain(model, BATCH)
    assert found is not None
    return found


def test_agreement_is_the_mean_of_spearman_s_over_rows_with_ties_in_both() -> None:
    chance = torch.Generator().manual_seed(1)
    attention = torch.rand(2, 14, 14, generator=chance).mul(5).round()
    moved = torch.rand(14, 14, generator=chance).mul(7).round()
    moved[13] = torch.nan  # its right token is not known
    expected = [
        sum(float(spearmanr(head[row, :row], moved[row, :row])[0]) for row in range(8, 13)) / 5 for head in attention
    ]
    assert rank_agreement(attention, moved) == pytest.approx(expected, abs=1e-5)


def test_a_head_that_looks_everywhere_alike_agrees_with_nothing() -> None:
    moved = torch.rand(12, 12, generator=torch.Generator().manual_seed(2))
    assert rank_agreement(torch.full((1, 12, 12), 1 / 12), moved) == [0.0]


def test_occlusion_is_what_another_token_in_its_place_changes() -> None:
    model, tokens, targets = model_of(), BATCH[0][0], BATCH[1][0].clone()
    targets[5] = -100
    with torch.no_grad():
        moved = occlusion(model, tokens, targets)
        other = tokens.clone()
        other[3] = tokens.roll(10)[3]
        assert other[3] != tokens[3]
        sure, then = (model(each[None])[0].log_softmax(-1) for each in (tokens, other))
    for row in (4, 11, 19):
        assert moved[row, 3] == pytest.approx(float((then - sure)[row, targets[row]].abs()), abs=1e-5)
    assert moved[3, 3].isnan()
    assert moved[5].isnan().all()
    assert (moved[19, :19] > 0.0).all()


@pytest.mark.parametrize("changes", [{}, {"n_kv_head": 2}, {"shared_layers": 2}, {"activation": "swiglu"}], ids=str)
def test_what_lives_is_alive_and_nothing_is_changed(changes: dict[str, Any]) -> None:
    model = model_of(**changes)
    before = look_inside(model, BATCH[0][0]).logits
    found = explained(model)
    assert len(found.heads) == 4 * model.plan.n_layer
    assert counts(found.heads)[0] == 0
    assert [gone for _, gone in found.units] == [0] * model.plan.n_layer
    assert torch.equal(look_inside(model, BATCH[0][0]).logits, before)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_dead_and_redundant_heads_are_found_by_number() -> None:
    model = model_of()
    width = model.plan.head_width
    with torch.no_grad():
        qkv = model.get_parameter("blocks.1.attention.qkv.weight")
        model.get_parameter("blocks.0.attention.projection.weight")[:, 2 * width : 3 * width] = 0.0
        for part in (0, 32):  # head 1 of the second layer asks and is found as head 0
            qkv[part + width : part + 2 * width] = qkv[part : part + width]
    found = explained(model)
    assert [(head.layer, head.head) for head in found.heads if head.dead] == [(0, 2)]
    assert [(head.layer, head.head) for head in found.heads if head.redundant] == [(1, 0), (1, 1)]


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_unit_that_never_answers_is_dead(activation: str) -> None:
    model = model_of(activation=activation, bias=True)
    with torch.no_grad():
        for name, bias in model.named_parameters():
            if name.endswith("mlp.expand.bias"):
                bias.fill_(9.0)
        model.get_parameter("blocks.1.mlp.expand.bias")[:7] = -100.0
    assert [gone for _, gone in explained(model).units] == [0, 7]


@pytest.mark.parametrize("changes", [{"architecture": "lstm"}, {"context_length": 8}])
def test_where_there_is_nothing_to_look_at_nothing_is_said(changes: dict[str, Any]) -> None:
    model = built_from(msgspec.structs.replace(PLAN, **changes)).eval()
    time = model.plan.context_length
    assert explain(model, (BATCH[0][:, :time], BATCH[1][:, :time])) is None


def evidence_of_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, techniques: dict[str, dict[str, Any]]
) -> tuple[list[Examined], Evidence]:
    monkeypatch.setattr(run_module, "EXAMINATIONS", (EXPLAIN,))
    documents = run(folder / "run", tiny(folder, techniques, learning_rate=1e-2))
    return [one for one in documents if isinstance(one, Examined)], evidence_of(documents)


def said(evidence: Evidence) -> set[str]:
    return {found.key for rule in DETECTORS if rule.name.startswith("dead_") and (found := rule.look(evidence))}


def test_a_run_tells_of_both_models_and_one_pruned_away_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, evidence = evidence_of_run(tmp_path, monkeypatch, {"pruning": {"amount": 0.99}})
    assert [one.variant for one in told] == ["trained", "compressed"]
    assert told[0].values["dead_heads"] == 0
    assert set(told[0].parts) >= {"layer.0", "layer.1", "layer.0.head.0", "layer.1.head.1"}
    assert said(evidence) == {"dead_heads", "dead_units"}


@pytest.mark.parametrize("when", ["after_training", "gradual"])
def test_heads_that_were_taken_out_are_not_dead(when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, evidence = evidence_of_run(tmp_path, monkeypatch, {"head_pruning": {"amount": 0.5, "when": when}})
    assert told[-1].values["heads"] == 2
    assert said(evidence) == set()
