"""How far can I go? Real compressions of one trained model, each from the whole of it, judged on validation text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpulab.engine.jobs import doses
from gpulab.events.documents import AnyDocument
from gpulab.hardware.machine import this_machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Doses
from gpulab.spec.problem import BadInput
from gpulab.techniques import TECHNIQUES
from gpulab.techniques.base import overrides
from gpulab.techniques.doses import LADDERS
from gpulab.techniques.doses import doses as doses_of
from gpulab.words import sentences
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, run, tiny


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    techniques: dict[str, dict[str, Any]] = {
        "pruning": {"amount": 0.2, "when": "gradual"},
        "quantization": {"aware": True},
    }
    run(folder / "run", tiny(folder, techniques, steps=40, learning_rate=0.01))
    return folder


def tried(place: Path, technique: str, **settings: Any) -> list[AnyDocument]:
    return done(place, "doses", tiny(place), run=str(place / "run"), technique=technique, windows=4, **settings)


@pytest.mark.parametrize("technique", LADDERS)
def test_every_compression_goes_from_a_little_to_a_lot(place: Path, technique: str) -> None:
    documents = tried(place, technique)
    assert ended(documents).status == "done", ended(documents)
    whole, *made = trials(documents)
    assert (whole.names["dose"], whole.values["change"], whole.values["dose"]) == ("", 0.0, None)
    assert made
    for one in made:
        assert one.values["change"] == pytest.approx(
            (one.values["bits_per_byte"] or 0) / (whole.values["bits_per_byte"] or 1) - 1
        )
        assert (one.values["speed"] or 0) > 0
        assert (one.values["model_bytes"] or 0) > 0
    if technique in ("neuron_pruning", "quantization", "layer_pruning"):
        assert (made[-1].values["model_bytes"] or 0) < (whole.values["model_bytes"] or 0)
    found = suggestions(documents)
    assert found
    assert all(one.key in sentences() for one in found)
    assert not list((place / "jobs").rglob("*.safetensors"))


def test_each_dose_starts_from_the_whole_model(place: Path) -> None:
    both, alone = tried(place, "pruning", values="0.9 0.3"), tried(place, "pruning", values="0.3, 0.5")
    first = next(one for one in trials(both) if one.names["dose"] == "0.3")
    again = next(one for one in trials(alone) if one.names["dose"] == "0.3")
    assert first.values["bits_per_byte"] == again.values["bits_per_byte"]
    assert ended(both).status == "done"


def test_the_number_of_doses_is_known_but_for_layers() -> None:
    assert doses.planned(Doses(run="x", values="0.1, 0.2 0.2")) == 3
    assert doses.planned(Doses(run="x", technique="quantization")) == 4
    assert doses.planned(Doses(run="x", technique="layer_pruning")) == 0


def test_the_doses_declared_are_all_compressions_there_are() -> None:
    compressing = {technique.name for technique in TECHNIQUES if overrides(technique(technique.Settings()), "compress")}
    assert set(LADDERS) == compressing


@pytest.mark.parametrize(
    ("technique", "settings", "reason", "field"),
    [
        ("pruning", {"values": "0.5 much"}, "wrong_type", "values"),
        ("pruning", {"values": "0.5 7"}, "out_of_range", "values"),
        ("pruning", {"values": "0.5"}, "doses_need_two", "values"),
        ("pruning", {"setting": "amonut"}, "doses_unknown_setting", "setting"),
        ("quantization", {"setting": "layers"}, "doses_need_two", "values"),
        ("layer_pruning", {"values": "1 2"}, "layer_pruning_leaves_none", "values"),
    ],
)
def test_what_is_no_dose_is_refused(
    place: Path, technique: str, settings: dict[str, str], reason: str, field: str
) -> None:
    end = ended(tried(place, technique, **settings))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", reason, field)
    assert reason in sentences()


def test_another_setting_has_doses_too(place: Path) -> None:
    documents = tried(place, "quantization", setting="layers", values="mlp all")
    assert [one.names["dose"] for one in trials(documents)] == ["", "mlp", "all"]
    assert [one.names["label"] for one in trials(documents)][1:] == ["Hidden layers only", "All linear layers"]


def test_a_conflict_is_said(tmp_path: Path) -> None:
    shared = tiny(tmp_path, {"layer_sharing": {}})
    with pytest.raises(BadInput) as refused:
        doses_of(shared, "layer_pruning", "", "", this_machine())
    assert {problem.key for problem in refused.value.problems} >= {"techniques_conflict"}


def test_last_safe_dose_and_cliff_are_named() -> None:
    made = [trial(1, {"dose": "", "label": ""}, dose=None, change=0.0)]
    for dose, change in ((0.1, 0.0), (0.3, 0.002), (0.5, 0.03), (0.7, 0.6)):
        made.append(trial(2, {"dose": str(dose), "label": str(dose)}, dose=dose, change=change))
    safe, cliff = doses.suggest(made, Experiment(), Doses(run="x"))
    assert (safe.key, safe.arguments["dose"], safe.arguments["next"]) == ("doses_last_safe_up", "0.3", "0.5")
    assert (cliff.key, cliff.arguments["before"], cliff.arguments["after"]) == ("doses_cliff", "0.5", "0.7")
    assert doses.suggest(made[:1], Experiment(), Doses(run="x")) == []


def test_bits_go_down() -> None:
    made = [
        trial(2, {"dose": scheme, "label": scheme}, dose=bits, change=change)
        for scheme, bits, change in (("int8_weight_only", 8.0, 0.001), ("int4_simulated", 4.0, 0.02))
    ]
    found = doses.suggest(made, Experiment(), Doses(run="x", technique="quantization"))
    assert (found[0].key, found[0].arguments["dose"]) == ("doses_last_safe_down", "8 bits")
