"""The waterfall of "Make it fast": each bar begins where those that are kept before it had come."""

from __future__ import annotations

import pytest

from gpulab.events.documents import Trial
from gpulab.viewmodels.finding import Finding
from gpulab.viewmodels.finding_of_tuning import falls, outcome_of, tuning_table
from gpulab.words import explain

PRECISION, COMPILATION = "techniques.precision.mode", "techniques.compilation.mode"


def trial(names: dict[str, str], **values: float | None) -> Trial:
    return Trial(number=1, seconds=1.0, values=values, names=names)


def lever(path: str, choice: str, outcome: str, ratio: float | None = None, **names: str) -> Trial:
    bounds = {} if ratio is None else {"ratio": ratio, "low": ratio - 0.1, "high": ratio + 0.1}
    return trial({"stage": "lever", "lever": path, "choice": choice, "outcome": outcome, **names}, **bounds)


BF16 = lever(PRECISION, "bf16", "kept", 1.5)
NAIVE = lever("techniques.attention.kernel", "naive", "slower", 0.8)
TF32 = lever(PRECISION, "tf32", "refused", None, reason="needs_compute_capability_none", **{"reason.needed": "8.0"})
COMPILED = lever(COMPILATION, "default", "kept", 1.2)
WHOLE = trial({"stage": "together"}, ratio=1.7, low=1.6, high=1.8)
EVERY = [trial({"stage": "own"}, step_s=1.0), BF16, TF32, NAIVE, COMPILED, WHOLE]


def test_bars_begin_where_what_is_kept_had_come() -> None:
    found = falls(EVERY)
    assert [fall.start for fall in found] == pytest.approx([1.0, 1.5, 1.5, 1.5, 1.0])
    assert [outcome_of(fall) for fall in found][:3] == ["kept", "cannot be used here", "slower"]
    assert (found[0].label, found[-1].label) == ("Precision: 16 bits (bf16)", "All together")


def test_what_was_dropped_later_lifts_nothing() -> None:
    dropped = trial({"stage": "check", "outcome": "harmful", "dropped": f"{PRECISION}=bf16"})
    found = falls([*EVERY, dropped])
    assert (found[0].outcome, outcome_of(found[0])) == ("harmful", "costs quality")
    assert found[3].start == 1.0
    unproven = trial({"stage": "check", "outcome": "unproven", "dropped": f"{PRECISION}=bf16"})
    assert outcome_of(falls([*EVERY, unproven])[0]) == "may cost quality"


def test_reasons_become_sentences_and_the_table_has_every_row() -> None:
    finding = Finding("tune")
    finding.take(EVERY)
    ((label, problem),) = finding.reasons
    assert label == "Precision: TF32"
    assert "8.0" in explain(problem)
    table = tuning_table(EVERY)
    assert len(table) == 6
    assert table[1][:4] == ["Precision: 16 bits (bf16)", "kept", "1.50x", "1.40 to 1.60"]
    assert table[2][2:5] == ["–", "–", "–"]


def test_races_and_what_a_newer_version_calls_things() -> None:
    names = {"stage": "race", "lever": "training.optimizer", "choice": "muon 0.01", "outcome": "kept"}
    as_it_is = {**names, "lever": "", "choice": ""}
    found = falls([trial(as_it_is, ratio=1.1), trial(names, ratio=2.0), trial({**names, "outcome": "odd"}, ratio=1.0)])
    assert [fall.start for fall in found] == [1.0, 2.0]  # what races as it is was measured before
    assert outcome_of(found[1]) == "odd"
