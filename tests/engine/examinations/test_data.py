"""What a text brings along is known before the first step and raised as a danger; an honest text raises none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.dangers import Evidence, Finding
from gpulab.analysis.dangers.leaked_text import LEAKED_TEXT
from gpulab.analysis.dangers.lost_text import LOST_TEXT
from gpulab.analysis.dangers.one_document import ONE_DOCUMENT
from gpulab.analysis.dangers.watch import Watch
from tests.analysis.dangers.trainings import SCENARIOS, evidence_of, experiment_of
from tests.engine.support import run, tiny

RULES = (LEAKED_TEXT, LOST_TEXT, ONE_DOCUMENT)


def raised(evidence: Evidence) -> dict[str, Mapping[str, object]]:
    watch = Watch(RULES)
    watch.look(evidence)
    assert not watch.switched_off
    assert all(one.danger.step == 0 for one in watch.raised)
    return {one.danger.key: one.danger.arguments for one in watch.raised}


@pytest.mark.parametrize(
    ("name", "key"), [("leaked", "text_leaked"), ("lower_case", "text_lost"), ("one_document", "one_document")]
)
def test_each_danger_is_seen_in_a_real_training(tmp_path: Path, name: str, key: str) -> None:
    experiment = experiment_of(name, 1, tmp_path)
    experiment = msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, steps=2))
    evidence = evidence_of(run(tmp_path / "run", experiment))
    found = raised(evidence)
    assert list(found) == [key]
    match key:
        case "text_leaked":
            assert found[key]["percent"] > 90  # type: ignore[operator]
        case "text_lost":
            assert found[key]["percent"] == pytest.approx(8, abs=3)  # capitals
        case "one_document":
            assert found[key]["documents"] == 3  # two are held out
            assert found[key]["effective"] < 1.1  # type: ignore[operator]
    assert SCENARIOS[name].raised in {rule.name for rule in RULES}


@pytest.mark.parametrize("techniques", [{}, {"deduplication": {}}, {"canaries": {}}])
def test_an_honest_text_raises_none(tmp_path: Path, techniques: dict[str, dict[str, object]]) -> None:
    evidence = evidence_of(run(tmp_path / "run", tiny(tmp_path, techniques, steps=2)))
    assert evidence.found("data")
    assert not raised(evidence)


def _evidence(share: float = 0.0, **values: float) -> Evidence:
    known = {"near_copies": 0.0, "windows": 100.0, "lost_share": 0.0, "taken_share": 0.0, "documents": 5.0}
    whole = {**known, "effective_documents": 4.0, **values}
    settings: dict[str, object] = {"techniques": {"lower_casing": {}}}
    finding = Finding("data", 0, whole, {"A long book": {"share": share}})
    return Evidence(step=0, steps=9, settings=settings, series={}, findings=(finding,), status="stopped")


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({}, []),
        ({"near_copies": 1.0}, []),  # a single window may be chance
        ({"near_copies": 2.0}, ["text_leaked"]),
        ({"near_copies": 2.0, "windows": 1000.0}, []),
        ({"near_copies": 0.0, "windows": 0.0}, []),
        ({"lost_share": 0.0009}, []),
        ({"lost_share": 0.001}, ["text_lost"]),
        ({"taken_share": 0.24}, []),
        ({"taken_share": 0.25}, ["text_taken"]),
        ({"effective_documents": 2.0}, []),
        ({"effective_documents": 1.9}, ["one_document"]),
        ({"effective_documents": 1.1, "documents": 2.0}, []),
    ],
)
def test_limits_are_where_they_are_said_to_be(values: dict[str, float], keys: list[str]) -> None:
    assert list(raised(_evidence(0.9, **values))) == keys


def test_what_destroys_text_can_be_switched_off() -> None:
    found = LOST_TEXT.look(_evidence(lost_share=0.2))
    assert found is not None
    assert found.severity == "danger"
    assert [dict(each.changes) for each in found.tries] == [{"techniques.lower_casing": False}]
