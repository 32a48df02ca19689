"""What the Learn page shows can be asked at the terminal: terms and the gallery."""

from __future__ import annotations

from pathlib import Path

from gpulab.spec.files import load
from gpulab.techniques import REGISTRY
from gpulab.viewmodels.glossary import glossary
from gpulab.viewmodels.learning.gallery import bundled
from tests.cli.conftest import Gpulab


def test_a_term_is_described(gpulab: Gpulab) -> None:
    term = glossary().terms["kv_cache"]
    for name in ("KV cache", "kv cache"):
        assert gpulab("describe", name).out.startswith(f"TERM KV cache: {term.text}")
    told = gpulab("describe", "Bits per byte").out
    assert "see also: " in told
    assert "Loss" in told
    assert gpulab("describe", "perplexity", "--json").json["key"] == "perplexity"
    assert "setting: training.steps" in gpulab("describe", "steps").out
    assert "techniques: Quantization" in gpulab("describe", "int8").out
    assert "left to others: Not used here" in gpulab("describe", "OpenCL").out


def test_what_is_a_technique_too_is_told_as_one(gpulab: Gpulab) -> None:
    for name in ("pruning", "kv_cache"):
        assert gpulab("describe", name).out.startswith(f"TECHNIQUE {name}")


def test_a_term_that_nobody_explains_is_refused_with_the_nearest(gpulab: Gpulab) -> None:
    refused = gpulab("describe", "perplexty")
    assert (refused.status, "Did you mean perplexity?" in refused.err) == (2, True)


def test_the_gallery_is_listed(gpulab: Gpulab) -> None:
    lines = gpulab("gallery").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [exhibit.entry.key for exhibit in bundled()]
    assert any("hot_start" in line and "bad" in line for line in lines)
    assert [one["key"] for one in gpulab("gallery", "--json").json] == [exhibit.entry.key for exhibit in bundled()]


def test_a_setting_says_what_to_look_for_and_how_to_run_it(gpulab: Gpulab) -> None:
    (hot,) = (exhibit for exhibit in bundled() if exhibit.entry.key == "too-hot")
    told = gpulab("gallery", "too-hot").out
    assert hot.entry.look in told
    assert hot.danger_label in told
    named = Path(told.rpartition("gpulab run ")[2].strip().strip("'"))
    assert load(named, REGISTRY).training.learning_rate == hot.experiment.training.learning_rate
    assert gpulab("gallery", "too-hot", "--json").json["danger"] == "hot_start"
    refused = gpulab("gallery", "nonsense")
    assert (refused.status, "quiet-run" in refused.err) == (2, True)
