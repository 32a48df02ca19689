"""What is set up before a comparison: arms from the same declarations as the form, and what they will take."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gpulab.spec.decode import all_settings, with_values
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.comparing import setup
from gpulab.viewmodels.comparing.setup import Draft

NANO = experiment_from("nano")


def draft(question: Any, **more: Any) -> Draft:
    return Draft(question, rules=setup.default_rules(), **more)


def keys(found: BadInput) -> list[str]:
    return [problem.key for problem in found.problems]


def with_two() -> Experiment:
    return with_values(NANO, {"techniques.dropout": True, "techniques.label_smoothing": True}, REGISTRY)


@pytest.mark.parametrize(
    ("asked", "experiment", "arms"),
    [
        (draft("with_without", technique="dropout"), NANO, 2),
        (draft("one_at_a_time"), with_two(), 3),
        (draft("all_combinations", techniques=("dropout", "label_smoothing")), NANO, 4),
        (draft("variants", variants=({"training.learning_rate": 0.01}, {"techniques.dropout": True})), NANO, 3),
        (draft("doses", dose="techniques.dropout.rate", doses="0.1, 0.2; 0.3"), NANO, 4),
    ],
)
def test_every_question_makes_its_arms(asked: Draft, experiment: Experiment, arms: int) -> None:
    comparison, experiments = setup.made(asked, experiment)
    assert comparison.question == asked.question
    assert len(comparison.arms) == len(experiments) == arms


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (draft("one_at_a_time"), "nothing_switched_on"),
        (draft("variants"), "too_few_arms"),
        (draft("doses", dose="training.learning_rate", doses="fast, 0.1"), "wrong_type"),
        (draft("doses", dose="training.learning_rate", doses=" "), "too_few_arms"),
        (draft("variants", variants=({"training.learning_rate": NANO.training.learning_rate},)), "arms_equal"),
        (Draft("with_without", technique="dropout", rules={**setup.default_rules(), "least_seeds": 0}), "out_of_range"),
        (
            Draft("with_without", technique="dropout", rules={**setup.default_rules(), "least_seeds": 12}),
            "seeds_upside_down",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(asked: Draft, key: str) -> None:
    with pytest.raises(BadInput) as bad:
        setup.made(asked, NANO)
    assert keys(bad.value) == [key]


def test_runs_and_time_count_seeds_and_searches() -> None:
    asked = Draft(
        "with_without", technique="dropout", rules={**setup.default_rules(), "least_seeds": 2, "most_seeds": 5}
    )
    comparison, experiments = setup.made(asked, NANO)
    tokens = NANO.tokens_per_step * NANO.training.steps
    found = setup.outlook(comparison, experiments, lambda _: tokens / 10.0)
    assert (found.arms, found.least_runs, found.most_runs) == (2, 4, 10)
    around = 2 * 5.0  # a seed's two processes start and judge besides their steps
    assert found.least_seconds == pytest.approx(40.0 + 2 * around)
    assert found.most_seconds == pytest.approx(100.0 + 5 * around)

    tuned = setup.made(
        msgspec.structs.replace(asked, rules={**asked.rules, "tune": True, "tune_trials": 4, "tune_steps": 50}), NANO
    )
    searches = 2 * 4 * 50 * NANO.tokens_per_step / (tokens / 10.0)
    assert setup.outlook(*tuned, lambda _: tokens / 10.0).least_seconds == pytest.approx(
        40.0 + 2 * around + searches + around
    )
    assert setup.outlook(comparison, experiments, lambda _: None).least_seconds is None


def test_runs_that_are_there_are_not_counted() -> None:
    rules = {**setup.default_rules(), "least_seeds": 2, "most_seeds": 5}
    comparison, experiments = setup.made(Draft("with_without", technique="dropout", rules=rules), NANO)
    tokens = NANO.tokens_per_step * NANO.training.steps
    found = setup.outlook(comparison, experiments, lambda _: tokens / 10.0, there=3)
    assert (found.least_runs, found.most_runs) == (0, 4)
    assert found.least_seconds == 0.0
    assert found.most_seconds == pytest.approx(60.0)


def test_arms_that_only_compress_train_nothing_of_their_own() -> None:
    comparison, experiments = setup.made(draft("with_without", technique="pruning"), NANO)
    assert setup.outlook(comparison, experiments, lambda _: None).least_runs == 3


@pytest.mark.parametrize("setting", setup.dosable(), ids=lambda setting: setting.path)
def test_suggested_doses_are_allowed_and_several(setting: Any) -> None:
    values = setup.dose_values(setting.path, setup.suggested_doses(setting, NANO))
    low = -float("inf") if setting.low is None else setting.low
    high = float("inf") if setting.high is None else setting.high
    assert all(low <= float(value) <= high for value in values)
    assert len(values) > 1 or setting.low == setting.high


def test_another_value_is_another_one() -> None:
    settings = all_settings(REGISTRY)
    for setting in setup.changeable():
        if setting.path in settings and not setting.path.startswith("techniques.") and setting.kind != "str":
            assert setup.other_value(setting, NANO) != setup.value_now(setting, NANO), setting.path


def test_techniques_that_are_on_come_first() -> None:
    found = setup.techniques_of(with_two())
    assert {name for name, _, _ in found[:2]} == {"dropout", "label_smoothing"}
    assert [on for _, _, on in found] == sorted((on for _, _, on in found), reverse=True)


def test_shares_are_suggested_as_a_person_would_write_them() -> None:
    share = all_settings(REGISTRY)["techniques.pruning.amount"]
    assert share.high is not None
    assert share.high < 1, "the very end is not allowed, and the steps are round all the same"
    assert setup.suggested_doses(share, NANO) == "0.1, 0.3, 0.5, 0.7, 0.9"
