"""Every question becomes arms that differ in what was asked and in nothing else, or one sentence that says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from gpulab.analysis.metrics import figures_of
from gpulab.comparisons import variants
from gpulab.comparisons.differing import differences
from gpulab.comparisons.sparing import starting_from
from gpulab.events.documents import RunEnded
from gpulab.hardware.machine import this_machine
from gpulab.spec.comparison import Rules, checked
from gpulab.spec.decode import decode, encode, settings_from
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from gpulab.techniques import BY_NAME, REGISTRY, TECHNIQUES, problems
from gpulab.techniques.base import Technique, overrides
from tests.engine.support import losses, run, tiny
from tests.engine.variants import VARIANTS, Variant, name_of

NANO = experiment_from("nano")
NAMES = sorted(BY_NAME)
AFTER_TRAINING = {"pruning", "neuron_pruning", "head_pruning", "layer_pruning", "quantization"}


def with_techniques(techniques: dict[str, dict[str, Any]]) -> Experiment:
    return decode({**encode(NANO), "techniques": techniques}, REGISTRY)


def keys(bad: pytest.ExceptionInfo[BadInput]) -> list[str]:
    return [problem.key for problem in bad.value.problems]


@given(st.sampled_from(NAMES))
def test_with_and_without_differ_in_the_technique_alone(name: str) -> None:
    if wrong := list(problems(with_techniques({name: {}}), this_machine())):
        with pytest.raises(BadInput) as bad:
            variants.with_and_without(NANO, name)
        assert list(bad.value.problems) == wrong
        return
    comparison, made = variants.with_and_without(NANO, name)
    without, with_ = made["without"], made["with"]
    assert comparison.baseline.key == "without"
    assert checked(comparison).question == "with_without"
    assert without == NANO
    assert set(with_.techniques) == {name}
    assert all(path.startswith(f"techniques.{name}") for path in differences(without, with_))


def test_a_technique_that_is_on_keeps_its_settings() -> None:
    base = with_techniques({"pruning": {"amount": 0.7}, "ema": {}})
    comparison, made = variants.with_and_without(base, "pruning")
    assert made["with"] == base
    assert set(made["without"].techniques) == {"ema"}
    assert [arm.name for arm in comparison.arms] == ["without", "with Pruning (amount 0.7)"]


def test_one_at_a_time_has_each_technique_alone() -> None:
    base = with_techniques({"pruning": {}, "dropout": {"rate": 0.2}, "ema": {}})
    comparison, made = variants.one_at_a_time(base)
    assert {key: set(one.techniques) for key, one in made.items()} == {
        "without": set(),
        **{name: {name} for name in base.techniques},
    }
    assert all(made[name].techniques[name] == base.techniques[name] for name in base.techniques)
    assert comparison.baseline.runs_of == "pruning"


@settings(max_examples=20)
@given(st.lists(st.sampled_from(["pruning", "dropout", "ema", "weight_decay", "label_smoothing"]), unique=True))
def test_all_combinations_are_all(names: list[str]) -> None:
    assume(names)
    comparison, made = variants.all_combinations(with_techniques({"weight_tying": {}}), names)
    found = [frozenset(one.techniques) - {"weight_tying"} for one in made.values()]
    assert len(set(found)) == len(found) == 2 ** len(names)
    assert found[0] == frozenset()
    assert all("weight_tying" in one.techniques for one in made.values())
    assert len({arm.name for arm in comparison.arms}) == len(found)


def test_all_combinations_of_many_have_keys_that_are_file_names() -> None:
    long = ["stochastic_depth", "gradient_checkpointing", "unicode_normalization", "header_stripping"]
    comparison, _ = variants.all_combinations(NANO, long)
    assert all(len(arm.key) <= 64 for arm in comparison.arms)


def test_doses_stand_in_order_beside_a_baseline_without() -> None:
    comparison, made = variants.doses(NANO, "techniques.pruning.amount", [0.9, 0.1, 0.5, 0.5])
    amounts = [one.techniques["pruning"].amount for one in list(made.values())[1:]]  # type: ignore[attr-defined]
    assert amounts == [0.1, 0.5, 0.9]
    assert not made["baseline"].techniques
    assert [arm.starts_from for arm in comparison.arms] == ["", "baseline", "baseline", "baseline"]
    assert comparison.dose == "techniques.pruning.amount"


def test_doses_of_the_experiment_itself_count_from_its_own_value() -> None:
    comparison, made = variants.doses(NANO, "training.learning_rate", [1e-2, NANO.training.learning_rate, 1e-4])
    assert made["baseline"] == NANO
    assert [one.training.learning_rate for one in made.values()] == [NANO.training.learning_rate, 1e-4, 1e-2]
    assert comparison.baseline.runs_of == ""


def test_free_variants_make_all_changes_at_once() -> None:
    changes: list[variants.Changes] = [
        {"model.n_head": 1, "model.n_embd": 63},  # neither fits without the other
        {"techniques.ema": True, "training.learning_rate": 0.01},
    ]
    comparison, made = variants.free(NANO, changes)
    assert (made["variant-1"].model.n_head, made["variant-1"].model.n_embd) == (1, 63)
    assert [arm.name for arm in comparison.arms][1:] == [
        "heads 1, width 63",
        "with Averaged weights (EMA) (decay 0.999), learning rate 0.01",
    ]


def test_seeds_are_the_same_in_every_arm_and_differ_from_each_other() -> None:
    comparison, made = variants.with_and_without(NANO, "dropout")
    seeds = [variants.seed_at(comparison, made, index) for index in range(20)]
    assert len(set(seeds)) == 20
    assert seeds[0] == NANO.training.seed
    high = variants.with_seed(NANO, 2**31 - 1)
    comparison, made = variants.with_and_without(high, "dropout")
    assert decode(encode(variants.with_seed(high, variants.seed_at(comparison, made, 5))), REGISTRY)


CONFLICTING = next([one.name, other] for one in TECHNIQUES for other in one.conflicts)

REFUSED: dict[str, tuple[str, Any]] = {
    "unknown technique": ("unknown_field", lambda: variants.with_and_without(NANO, "prunning")),
    "nothing is on": ("nothing_switched_on", lambda: variants.one_at_a_time(NANO)),
    "no names": ("nothing_switched_on", lambda: variants.all_combinations(NANO, [])),
    "too many": ("too_many_arms", lambda: variants.all_combinations(NANO, NAMES)),
    "too many variants": (
        "too_many_arms",
        lambda: variants.free(NANO, [{"training.steps": 5 + n} for n in range(variants.MOST_ARMS)]),
    ),
    "equal arms": ("arms_equal", lambda: variants.free(NANO, [{"techniques.ema": True}, {"techniques.ema": True}])),
    "no change": ("arms_equal", lambda: variants.free(NANO, [{}])),
    "no variant": ("too_few_arms", lambda: variants.free(NANO, [])),
    "its own dose": ("too_few_arms", lambda: variants.doses(NANO, "training.learning_rate", [1e-3])),
    "unknown dose": ("unknown_field_of_many", lambda: variants.doses(NANO, "no.such.thing.at_all", [1])),
    "dose out of range": ("out_of_range", lambda: variants.doses(NANO, "techniques.pruning.amount", [0.5, 2.0])),
    "seed": ("same_for_all_arms", lambda: variants.free(NANO, [{"training.seed": 3}])),
    "name": ("same_for_all_arms", lambda: variants.free(NANO, [{"name": "x"}])),
    "a table": ("not_a_table", lambda: variants.free(NANO, [{"training.steps.more": 3}])),
    "conflict": ("techniques_conflict", lambda: variants.all_combinations(NANO, CONFLICTING)),
    "a need that is missing": (
        "compression_needs_workers",
        lambda: variants.with_and_without(NANO, "gradient_compression"),
    ),
    "rates asked and tuned": (
        "rate_asked_and_tuned",
        lambda: variants.doses(NANO, "training.learning_rate", [1e-2], Rules(tune=True)),
    ),
    "tuned together": (
        "job_works_alone",
        lambda: variants.with_and_without(NANO, "data_parallel", Rules(tune=True)),
    ),
    "tuned in too few steps": (
        "retraining_too_long",
        lambda: variants.free(NANO, [{"techniques.pruning.when": "retrain"}], Rules(tune=True, tune_steps=50)),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_comparison_is_refused(case: str) -> None:
    key, make = REFUSED[case]
    with pytest.raises(BadInput) as bad:
        make()
    assert key in keys(bad)


# One training serves both


def test_who_acts_after_training_alone_is_found_out_from_the_class() -> None:
    serving = {one.name for one in TECHNIQUES if one(one.Settings()).only_compresses()}
    assert serving == AFTER_TRAINING
    for technique in TECHNIQUES:
        says_itself = technique.only_compresses is not Technique.only_compresses
        trains = [phase for phase in ("edit_plan", "edit_batch", "edit_loss") if overrides(technique(None), phase)]
        assert not (says_itself and trains), technique.name


def shared(techniques: dict[str, dict[str, Any]], name: str) -> bool:
    comparison, _ = variants.with_and_without(with_techniques(techniques), name)
    return comparison.baseline.runs_of == "with"


def test_the_baseline_reads_the_variants_runs_where_those_hold_it() -> None:
    assert shared({}, "pruning")
    assert shared({"ema": {}}, "quantization")
    assert shared({"pruning": {"when": "gradual"}}, "quantization")
    assert not shared({}, "dropout")
    assert not shared({"pruning": {"when": "gradual"}}, "pruning")
    assert not shared({"quantization": {"aware": True}}, "quantization")
    assert not shared({"pruning": {}}, "quantization"), "the baseline's own model is a compressed one"


def sources(made: variants.Made) -> dict[str, str]:
    """For each arm, the arm whose training it judges."""
    comparison, _ = made
    return {arm.key: comparison.trained_by(arm) for arm in comparison.arms}


def test_who_only_compresses_takes_the_model_that_another_arm_trained() -> None:
    combined = variants.all_combinations(NANO, ["dropout", "pruning", "quantization"])
    assert sources(combined) == {
        **dict.fromkeys(["without", "pruning", "quantization", "pruning-quantization"], "without"),
        **dict.fromkeys(
            ["dropout", "dropout-pruning", "dropout-quantization", "dropout-pruning-quantization"], "dropout"
        ),
    }
    assert sources(variants.all_combinations(NANO, ["dropout", "ema"])) == {
        key: key for key in ("without", "dropout", "ema", "dropout-ema")
    }
    doses = variants.doses(NANO, "techniques.pruning.amount", [0.3, 0.6])
    assert set(sources(doses).values()) == {"baseline"}
    gradual = with_techniques({"pruning": {"when": "gradual"}})
    own = variants.doses(gradual, "techniques.pruning.amount", [0.3, 0.6])
    assert sources(own) == {key: key for key in ("baseline", "dose-1", "dose-2")}


def test_what_cannot_start_from_a_model_trains_itself() -> None:
    lstm = variants.doses(with_techniques({"architecture": {"kind": "lstm"}}), "techniques.pruning.amount", [0.3, 0.6])
    assert sources(lstm) == {key: key for key in ("baseline", "dose-1", "dose-2")}
    together = variants.doses(with_techniques({"data_parallel": {}}), "techniques.pruning.amount", [0.3, 0.6])
    assert len(set(sources(together).values())) == 3


def parts(variant: Variant) -> list[Technique]:
    return [BY_NAME[name](settings_from(REGISTRY[name], table)) for name, table in variant.items()]


SERVING = [variant for variant in VARIANTS if variant and all(part.only_compresses() for part in parts(variant))]


AROUND: Variant = {"ema": {}, "schedule": {"shape": "cosine", "warmup_steps": 4}, "dropout": {"rate": 0.2}}


@pytest.mark.parametrize("name", sorted(AFTER_TRAINING))
def test_a_model_that_another_arm_trained_is_compressed_as_one_s_own(tmp_path: Path, name: str) -> None:
    around, variant = AROUND, {name: {"importance": "taylor"} if name == "neuron_pruning" else {}}
    experiment = tiny(tmp_path, {**around, **variant})
    own = run(tmp_path / "own", experiment)[-1]
    run(tmp_path / "base", tiny(tmp_path, around))
    taken = run(tmp_path / "taken", starting_from(experiment, str(tmp_path / "base")))[-1]
    assert isinstance(own, RunEnded)
    assert isinstance(taken, RunEnded)
    same = ("test_bits_per_byte", "test_accuracy", "model_bytes", "parameters", "zero_share", "slices")
    assert {key: own.summary["compressed"].get(key) for key in same} == {
        key: taken.summary["compressed"].get(key) for key in same
    }


@pytest.mark.parametrize("variant", SERVING, ids=name_of)
def test_a_run_that_serves_both_holds_the_very_baseline(tmp_path: Path, variant: Variant) -> None:
    with_, without = (run(tmp_path / name, tiny(tmp_path, on)) for name, on in (("with", variant), ("without", {})))
    assert losses(with_) == losses(without)
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("with", "without"))
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    ends = [documents[-1] for documents in (with_, without)]
    assert all(isinstance(end, RunEnded) for end in ends)
    figures = [figures_of(end.summary, "trained") for end in ends if isinstance(end, RunEnded)]
    same = {"test_bits_per_byte", "test_accuracy", "model_bytes", "parameters", "tensor_peak_bytes"}
    assert {key: figures[0][key] for key in same} == {key: figures[1][key] for key in same}


def test_something_serves_both() -> None:
    assert {name for variant in SERVING for name in variant} == AFTER_TRAINING
