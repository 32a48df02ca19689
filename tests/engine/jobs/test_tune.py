"""Making an experiment fast: real trials on a tiny model, and the rules of what is kept, dropped and suggested."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from gpulab.analysis.intervals import Interval
from gpulab.engine.desk import Stopped
from gpulab.engine.jobs import harm, pulling, reaching
from gpulab.engine.jobs.racer import crossing
from gpulab.engine.jobs.tuned import changes_of, gains, kept, names_of
from gpulab.engine.jobs.tuning_advice import suggest
from gpulab.engine.jobs.windows import Side, in_turns
from gpulab.engine.jobs.workplace import Workplace
from gpulab.events.documents import Suggestion, Trial
from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Tune
from gpulab.techniques.levers import Candidate
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, tiny

AMX = Machine("a processor", 1, 2**33, flags=frozenset({"amx_bf16"}))  # no compiler: nothing takes long
QUICK = {"trial_s": 0.01, "pairs": 5, "seeds": 2, "check_steps": 4, "equal_quality": 50.0}


@pytest.fixture(autouse=True)
def a_machine_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pulling, reaching):
        monkeypatch.setattr(module, "this_machine", lambda: AMX)


def measured(monkeypatch: pytest.MonkeyPatch, **ratios: float) -> None:
    """Both sides take turns as ever; only what the clock said of these choices is made up."""

    def turns(old: Side, new: Side, settings: Tune) -> tuple[Interval, float, float]:
        _, before, after = in_turns(old, new, settings)
        name = str(getattr(new.experiment.techniques.get("precision"), "mode", ""))
        if "attention" in new.experiment.techniques:
            name = "naive"
        ratio = ratios.get(name, 0.5)
        return Interval(ratio, ratio - 0.01, ratio + 0.01), before, after

    monkeypatch.setattr(pulling, "in_turns", turns)


def of(stage: str, made: list[Trial]) -> list[Trial]:
    return [one for one in made if one.names["stage"] == stage]


def outcomes(made: list[Trial]) -> dict[str, str]:
    return {one.names["choice"]: one.names["outcome"] for one in of("lever", made)}


def test_a_real_tuning_measures_keeps_checks_and_suggests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, bf16=1.5, bf16_pure=1.0)
    threads = torch.get_num_threads()
    documents = done(tmp_path, "tune", tiny(tmp_path), **QUICK)
    made = trials(documents)
    assert outcomes(made) == {
        "bf16": "kept",
        "bf16_pure": "no_gain",
        "tf32": "refused",
        "fp16": "caution",
        "float8": "refused",
        "naive": "slower",
        "pinned": "refused",
        "default": "refused",
        "reduce_overhead": "refused",
    }
    assert [(one.names["side"], one.values["seed"]) for one in of("seed", made)][:2] == [("own", 1337), ("tuned", 1337)]
    (check,) = of("check", made)
    assert check.names["outcome"] == "equal"
    assert len(of("together", made)) == 1
    (found,) = suggestions(documents)
    assert found.key == "tune_faster"
    assert found.changes == {"techniques.precision": True, "techniques.precision.mode": "bf16"}
    assert "{" not in sentence(found.key, found.arguments)
    assert ended(documents).status == "done"
    assert torch.get_num_threads() == threads


def test_what_harms_is_dropped_until_the_rest_is_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, naive=1.4, bf16=1.5)
    real = Workplace.trained

    def worse(place: Workplace, experiment: Experiment) -> float:
        return real(place, experiment) * (2.0 if "precision" in experiment.techniques else 1.0)

    monkeypatch.setattr(Workplace, "trained", worse)
    made = trials(documents := done(tmp_path, "tune", tiny(tmp_path), **QUICK))
    assert [(one.names["outcome"], one.names["dropped"]) for one in of("check", made)] == [
        ("harmful", "techniques.precision.mode=bf16"),
        ("equal", ""),
    ]
    assert [one.names["side"] for one in of("seed", made)].count("own") == 2  # trained once for both rounds
    (found,) = suggestions(documents)
    assert found.changes == {"techniques.attention": True, "techniques.attention.kernel": "naive"}


def test_a_candidate_that_breaks_ends_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(place: Workplace, experiment: Experiment) -> Side:
        if "precision" in experiment.techniques:
            raise RuntimeError("no kernel\nfor this")
        if "attention" in experiment.techniques:
            raise torch.OutOfMemoryError
        return Side(place, experiment)

    monkeypatch.setattr(pulling, "Side", broken)
    documents = done(tmp_path, "tune", tiny(tmp_path), **QUICK)
    made = {one.names["choice"]: one.names for one in of("lever", trials(documents))}
    assert (made["bf16"]["reason"], made["bf16"]["reason.error"]) == ("tune_broke", "RuntimeError: no kernel")
    assert made["naive"]["reason"] == "tune_no_memory"
    assert ended(documents).status == "done"


def test_stopping_in_the_middle_suggests_what_was_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, bf16=1.5)

    def stopped(place: Workplace, settings: Tune) -> None:
        raise Stopped("stop")

    monkeypatch.setattr("gpulab.engine.jobs.tune.drop_what_harms", stopped)
    documents = done(tmp_path, "tune", tiny(tmp_path), **QUICK)
    (found,) = suggestions(documents)
    assert (found.key, found.arguments["ratio"]) == ("tune_unchecked", 1.5)
    assert found.changes["techniques.precision.mode"] == "bf16"
    assert ended(documents).status == "stopped"


def test_a_real_race_to_the_same_quality(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, steps=40, learning_rate=1e-4)
    settings = {**QUICK, "goal": "time_to_quality", "check_steps": 0, "rates": 2, "seeds": 2}
    documents = done(tmp_path, "tune", experiment, **settings)
    made = trials(documents)
    assert ended(documents).status == "done", ended(documents)
    races = {one.names["choice"]: one for one in of("race", made)}
    assert {"adamw 0.001", "muon 0.0001", "muon 0.001", "lion 0.001", "2", "8"} <= set(races)
    won = [one for one in races.values() if one.names["outcome"] == "kept" and one.names["lever"]]
    assert won  # ten times the rate reaches in a few steps what so slow a one reaches in forty
    assert all((one.values["steps"] or 0) < 40 for one in won)
    assert len(of("seed_race", made)) == 2
    first = suggestions(documents)[0]
    assert first.key in ("tune_sooner", "tune_sooner_unsure")
    if first.changes:
        assert 0 < int(str(first.changes["training.steps"])) < 40


def test_sides_keep_their_threads_and_leave_the_process_its_own(tmp_path: Path) -> None:
    seen: list[int] = []

    experiment = tiny(tmp_path)
    place = Workplace(tmp_path, experiment, torch.device("cpu"), _NoLog(), lambda: seen.append(torch.get_num_threads()))  # type: ignore[arg-type]
    before = torch.get_num_threads()
    one, two = Side(place, experiment), Side(place, msgspec.structs.replace(experiment, threads=2))
    seen.clear()
    assert one.window(0.0) > 0
    assert two.window(0.0) > 0
    assert seen == [1, 2]
    assert torch.get_num_threads() == before


class _NoLog:
    def append(self, documents: Any) -> None:
        pass


def test_where_a_curve_first_comes_down_to_the_target() -> None:
    curve = [(10, 4.0), (20, 3.0), (30, 2.0), (40, 2.5)]
    assert crossing(curve, 2.5) == pytest.approx(25.0)
    assert crossing(curve, 3.0) == 20.0
    assert crossing(curve, 4.5) == 10.0  # at the first look already
    assert crossing(curve, 1.0) is None
    assert crossing([(10, math.nan), (20, 2.0)], 2.5) == 20.0
    assert crossing([], 1.0) is None


# --- rules on made-up trials -----------------------------------------------------------------------------------------

_NUMBERS: Iterator[int] = itertools.count(1)


def pulled(lever: str, choice: str, outcome: str, changes: dict[str, Any], **values: float) -> Trial:
    return trial(next(_NUMBERS), names_of("lever", Candidate(lever, choice, changes), outcome), **values)


def check(outcome: str, dropped: str = "") -> Trial:
    values = {"change": 0.001, "low": 0.0, "high": 0.002, "seeds": 3.0, "steps": 100.0}
    return trial(next(_NUMBERS), {"stage": "check", "outcome": outcome, "dropped": dropped}, **values)


OWN = trial(1, {"stage": "own"}, step_s=0.1, tokens_per_s=10.0)
BF16 = pulled("techniques.precision.mode", "bf16", "kept", {"techniques.precision.mode": "bf16"}, ratio=1.5)
PURE = pulled("techniques.precision.mode", "bf16_pure", "kept", {"techniques.precision.mode": "bf16_pure"}, ratio=1.1)
THREADS = pulled("threads", "2", "kept", {"threads": 2}, ratio=1.2)
WHOLE = trial(9, {"stage": "together"}, ratio=1.9, low=1.8, high=2.0)


def told(*made: Trial, **settings: Any) -> list[Suggestion]:
    found = suggest(made, Experiment(), Tune(**settings))
    assert all("{" not in sentence(one.key, one.arguments) for one in found)
    return found


def test_a_later_choice_of_a_lever_replaces_the_one_before() -> None:
    made = [OWN, THREADS, BF16, PURE]
    assert changes_of(kept(made)) == {"threads": 2, "techniques.precision.mode": "bf16_pure"}
    assert math.prod(one.values["ratio"] or 0 for one in gains(made)) == pytest.approx(1.98)


def test_dropping_a_choice_goes_back_to_the_one_before_it() -> None:
    made = [OWN, BF16, PURE, check("harmful", "techniques.precision.mode=bf16_pure")]
    assert changes_of(kept(made)) == {"techniques.precision.mode": "bf16"}


def test_who_is_dropped_first() -> None:
    assert harm.culprit([THREADS, BF16]) == "techniques.precision.mode=bf16"
    compiled = pulled("techniques.compilation.mode", "default", "kept", {})
    assert harm.culprit([THREADS, compiled]) == "techniques.compilation.mode=default"
    larger = pulled("training.batch_size", "24", "kept", {})
    assert harm.culprit([BF16, compiled, larger]) == "training.batch_size=24"


def test_the_suggestion_says_how_sure_it_is() -> None:
    assert told() == []
    assert [one.key for one in told(OWN)] == ["tune_nothing"]
    assert told(OWN, BF16)[0].key == "tune_unchecked"
    assert told(OWN, BF16, THREADS, check("unproven", "techniques.precision.mode=bf16"))[0].key == "tune_unchecked"
    assert told(OWN, BF16, check("equal"))[0].key == "tune_faster_in_parts"
    (found,) = told(OWN, BF16, check("equal"), WHOLE)
    assert (found.key, found.arguments["ratio"], found.arguments["low"]) == ("tune_faster", 1.9, 1.8)


def test_a_compiler_that_pays_back_too_late_is_told_and_not_suggested() -> None:
    late = pulled("techniques.compilation.mode", "default", "too_short", {}, ratio=1.2, pays_after=5000.0)
    nothing, remark = told(OWN, late)
    assert (nothing.key, remark.key) == ("tune_nothing", "tune_too_short")
    assert (remark.arguments["steps"], remark.arguments["planned"], remark.changes) == (5000, 1000, {})


def raced(choice: str, **values: float) -> Trial:
    changes = {"training.optimizer": choice.partition(" ")[0]}
    return trial(next(_NUMBERS), names_of("race", Candidate("training.optimizer", choice, changes), "kept"), **values)


def test_sooner_is_suggested_only_where_every_seed_agrees() -> None:
    muon = raced("muon 0.01", ratio=2.0, steps=300.0)
    reached = trial(20, {"stage": "seed_race", "outcome": "reached"}, steps=312.4)
    lost = trial(21, {"stage": "seed_race", "outcome": "not_reached"})
    sure = trial(22, {"stage": "together"}, ratio=3.0, low=2.5, high=3.6, steps=312.4, seeds=3.0)
    unsure = trial(22, {"stage": "together"}, ratio=1.1, low=0.9, high=1.3, steps=312.4, seeds=3.0)
    goal: dict[str, Any] = {"goal": "time_to_quality"}
    assert told(OWN, **goal)[0].key == "tune_not_sooner"
    assert told(OWN, muon, **goal)[0].key == "tune_sooner_so_far"
    assert told(OWN, muon, reached, lost, **goal)[0].key == "tune_sooner_by_luck"
    assert told(OWN, muon, reached, unsure, **goal)[0].changes == {}
    short, long = told(OWN, muon, reached, sure, **goal)
    assert (short.key, short.changes) == ("tune_sooner", {"training.optimizer": "muon", "training.steps": 313})
    assert (long.key, long.changes["training.steps"]) == ("tune_better", 1000)
    (part,) = told(OWN, muon, reached, sure, check_steps=500, **goal)
    assert (part.key, part.changes["training.steps"]) == ("tune_sooner_in_part", 1000)


def test_a_lever_without_which_the_race_is_shorter_is_dropped(tmp_path: Path) -> None:
    raced_in: list[Experiment] = []

    class Track:
        def race(self, fast: Experiment, candidate: Candidate, best_s: float) -> float | None:
            raced_in.append(fast)
            return 5.0 if best_s > 5.0 else None

    experiment = tiny(tmp_path)
    place = Workplace(tmp_path, experiment, torch.device("cpu"), _NoLog(), lambda: None)  # type: ignore[arg-type]
    place.trials += [OWN, BF16, PURE]
    track: Any = Track()
    assert reaching._without_what_slows_learning(place, track, 4.0) == 4.0
    assert changes_of(kept(place.trials)) == {"techniques.precision.mode": "bf16_pure"}
    assert reaching._without_what_slows_learning(place, track, 6.0) == 5.0
    assert changes_of(kept(place.trials)) == {"techniques.precision.mode": "bf16"}
    assert getattr(raced_in[-1].techniques["precision"], "mode", "") == "bf16"
