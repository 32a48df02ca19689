"""What is said of an arm rests on its runs: one place gathers it for page, report and command line."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.changes import Change, Word
from gpulab.analysis.doses import DosePoint
from gpulab.comparisons import answers
from gpulab.comparisons.standing import Standing, read
from gpulab.spec.comparison import Arm, Comparison
from tests.report.made import comparison_in, experiment, summary


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """The variant is 5 % worse and was trained."""
    return read(comparison_in(tmp_path_factory.mktemp("compared"), better=1.05))


def test_everything_that_was_found_goes_into_the_verdict(standing: Standing) -> None:
    extras = answers.extras_of(standing, "variant")
    assert (extras.learning_rate, extras.steps) == (1e-3, standing.experiments["variant"].training.steps)
    assert (extras.dose, extras.dose_label) == ("techniques.label_smoothing.amount", "Amount")
    assert extras.left_out is not None
    assert extras.reached is not None
    assert {part.name for part in extras.slices} == {"words/common", "words/rare"}
    said = {saying.key for saying in answers.verdict_of(standing, "variant").besides}
    assert "training_left_out" in said
    assert any(key.startswith("reach_") for key in said)


def test_curves_are_those_of_finished_runs(standing: Standing) -> None:
    curves = answers.curves_of(standing, "baseline")
    assert sorted(curves) == [1, 2, 3]
    assert curves[1].steps == (0.0, 10.0, 20.0, 30.0)
    assert curves[1].tokens == (0.0, 80.0, 160.0, 240.0)
    assert curves[1].last == 2.0
    unfinished = [msgspec.structs.replace(one, state="failed") for one in standing.observations]
    assert answers.curves_of(msgspec.structs.replace(standing, observations=unfinished), "baseline") == {}


def test_curves_say_nothing_of_a_model_that_was_compressed(
    standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What learned was another model than the one that is judged."""
    smaller = summary(2.1, compressed={"test_bits_per_byte": 2.2})
    monkeypatch.setattr("tests.report.made.summary", lambda *given, **others: smaller)
    compressed = answers.extras_of(read(comparison_in(tmp_path)), "variant")
    assert (compressed.reached, compressed.left_out) == (None, None)
    assert answers.extras_of(standing, "variant").reached is not None


def test_what_cannot_be_compared_is_not_analysed(standing: Standing) -> None:
    apart = msgspec.structs.replace(standing.judgement, incomparable=(("variant", "arms_differ_in_corpus"),))
    extras = answers.extras_of(msgspec.structs.replace(standing, judgement=apart), "variant")
    assert (extras.reached, extras.slices, extras.left_out, extras.guesses) == (None, (), None, None)


SAME: Word = "same"
WORSE: Word = "worse"


def test_a_swept_dose_is_followed_to_where_it_breaks(standing: Standing) -> None:
    path = "techniques.label_smoothing.amount"
    amounts = {"none": None, "little": 0.1, "much": 0.5, "all": 0.9}
    asked = Comparison("Doses", "doses", tuple(Arm(key, key) for key in amounts), dose=path)
    experiments = {
        key: experiment(techniques={"label_smoothing": {"amount": amount}} if amount else {})
        for key, amount in amounts.items()
    }
    changes = tuple(
        Change(arm, "test_bits_per_byte", word, 3, 2.0, 2.0, change, change - 0.001, change + 0.001, 0.01, 0.005)
        for arm, change, word in (("little", 0.001, SAME), ("much", 0.2, WORSE))
    )
    judged = msgspec.structs.replace(standing.judgement, changes=changes, left_out=(("all", 1, "diverged"),))
    swept = msgspec.structs.replace(standing, comparison=asked, experiments=experiments, judgement=judged)
    points = answers.dose_points(swept)
    assert [point.dose for point in points] == [0.1, 0.5, 0.9]
    assert points[0] == DosePoint(0.1, 0.001, 0.0, 0.002, "same")
    assert math.isinf(points[2].lost)
    sweep, said = answers.sweep_of(swept)
    assert sweep is not None
    assert sweep.sides[0].safe.dose == 0.1
    assert said
    assert answers.sweep_of(standing) == (None, ())
    assert answers.dose_of(swept, "much") is None
    some_lost = msgspec.structs.replace(judged, left_out=(*judged.left_out, ("little", 3, "diverged")))
    assert answers.dose_points(msgspec.structs.replace(swept, judgement=some_lost))[0].word == "too_few"


def test_a_value_is_found_by_its_path() -> None:
    found = experiment(techniques={"label_smoothing": {"amount": 0.25}})
    assert answers.value_at(found, "techniques.label_smoothing.amount") == 0.25
    assert answers.value_at(found, "training.batch_size") == found.training.batch_size
    assert answers.value_at(found, "techniques.pruning.amount") is None
    assert answers.value_at(found, "model.bias") is None
