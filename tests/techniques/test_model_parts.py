"""What a person chooses of the model's parts arrives in the plan; what does not fit together is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from gpulab.hardware.machine import Machine
from gpulab.spec.decode import decode
from gpulab.spec.presets import PRESETS, apply_preset
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, fit, plan_of, problems
from gpulab.words import explain, sentences

MACHINE = Machine("p", 4, 2**33)
MODEL = {"n_layer": 4, "n_head": 4, "n_embd": 32}

ARRIVES = [
    ("normalization", {"kind": "layernorm", "placement": "post"}, {"norm_placement": "post"}),
    ("activation", {"kind": "geglu"}, {"activation": "geglu"}),
    ("attention", {"kernel": "naive"}, {"attention": "naive"}),
    ("weight_tying", {"head": "untied"}, {"tied": False}),
    ("layer_sharing", {"group": 4}, {"shared_layers": 4, "n_block": 1}),
    ("grouped_query_attention", {"kv_heads": 2}, {"n_kv_head": 2}),
    ("dropout", {"rate": 0.3}, {"dropout": 0.3}),
    ("stochastic_depth", {"rate": 0.3}, {"stochastic_depth": 0.3}),
    ("gradient_checkpointing", {"blocks": "every_second_block"}, {"recompute": "every_second_block"}),
]


@pytest.mark.parametrize(("name", "settings", "expected"), ARRIVES)
def test_a_choice_arrives_in_the_plan(name: str, settings: dict[str, Any], expected: dict[str, Any]) -> None:
    experiment = fit(decode({"model": MODEL, "techniques": {name: settings}}, REGISTRY), MACHINE)
    plan = plan_of(experiment, 50)
    assert {field: getattr(plan, field) for field in expected} == expected


GROUPS, HEADS, PLACEMENT = (
    "techniques.layer_sharing.group: ",
    "techniques.grouped_query_attention.kv_heads: ",
    "techniques.normalization.placement: ",
)

REFUSED = [
    ({"layer_sharing": {"group": 3}}, f"{GROUPS}4 layers cannot be cut into groups of 3. Groups that fit: 1, 2, 4."),
    *(
        (
            {"grouped_query_attention": {"kv_heads": count}},
            f"{HEADS}{count} key and value heads do not divide 4 heads. Counts that do: 1, 2, 4.",
        )
        for count in (3, 8)
    ),
    ({"layer_sharing": {}, "normalization": {"kind": "batchnorm"}}, GROUPS + sentences()["batchnorm_in_shared_layers"]),
    ({"normalization": {"kind": "none", "placement": "post"}}, PLACEMENT + sentences()["no_norm_to_place"]),
]


@pytest.mark.parametrize(("techniques", "sentence"), REFUSED)
def test_what_does_not_fit_together_is_refused(techniques: dict[str, Any], sentence: str) -> None:
    experiment = decode({"model": MODEL, "techniques": techniques}, REGISTRY)
    assert [explain(problem) for problem in problems(experiment, MACHINE)] == [sentence]
    with pytest.raises(BadInput):
        fit(experiment, MACHINE)


def test_batchnorm_may_stay_where_nothing_is_shared() -> None:
    both = {"layer_sharing": {"group": 1}, "normalization": {"kind": "batchnorm"}}
    assert not list(problems(decode({"model": MODEL, "techniques": both}, REGISTRY), MACHINE))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_switch_alone_fits_every_preset(preset: Any) -> None:
    for name, *_ in ARRIVES:
        assert not list(problems(apply_preset(decode({"techniques": {name: {}}}, REGISTRY), preset), MACHINE)), name


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("dropout", {"rate": 0.95}),
        ("dropout", {"rate": -0.1}),
        ("dropout", {"rate": float("nan")}),
        ("stochastic_depth", {"rate": 1.0}),
        ("layer_sharing", {"group": 0}),
        ("grouped_query_attention", {"kv_heads": 0}),
        ("grouped_query_attention", {"kv_heads": 1.5}),
        ("activation", {"kind": "tanh"}),
        ("weight_tying", {"head": True}),
        ("gradient_checkpointing", {"blocks": "all"}),
    ],
)
def test_settings_out_of_their_limits_are_refused(name: str, settings: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as caught:
        decode({"techniques": {name: settings}}, REGISTRY)
    (problem,) = caught.value.problems
    assert problem.field == f"techniques.{name}.{next(iter(settings))}"
