"""Jobs on a finished run: the sensitivity scan, and the old model on a new text."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.engine.jobs import age, scan
from gpulab.events.documents import Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Age, Scan
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import SENTENCE, ended, run, tiny


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    run(tmp_path / "run", tiny(tmp_path))
    return tmp_path / "run"


def test_a_real_scan_reads_every_part_at_every_amount(tmp_path: Path, trained: Path) -> None:
    documents = done(tmp_path, "scan", tiny(tmp_path), run=str(trained), harm="both", windows=4)
    made = trials(documents)
    parts = {(one.values["block"], one.names["part"]) for one in made}
    assert parts == {(block, part) for block in (0, 1) for part in ("attention", "mlp")}
    assert len(made) == 4 * (5 + 4)
    assert {one.names["way"] for one in made} == {"share", "bits"}
    assert [one.key for one in suggestions(documents)] == ["scan_pruning", "scan_rounding"]
    assert ended(documents).status == "done"
    same = trials(done(tmp_path, "scan", tiny(tmp_path), run=str(trained), harm="pruning", windows=4))
    pruned = [one.values["change"] for one in made if one.names["way"] == "share"]
    assert [one.values["change"] for one in same] == pruned


def test_an_old_model_reads_a_new_text(tmp_path: Path, trained: Path) -> None:
    new = tmp_path / "new.txt"
    new.write_text("\n".join(SENTENCE[::-1] for _ in range(9)) + "\nÄÖÜ", encoding="utf-8")
    documents = done(tmp_path, "age", tiny(tmp_path), run=str(trained), text=str(new))
    own, found = trials(documents)
    assert (own.names["text"], found.names["text"]) == ("own", "new")
    assert (found.values["bits_per_byte"] or 0) > 0
    assert (found.values["left_out_share"] or 0) > 0
    assert {one.key for one in suggestions(documents)} >= {"age_left_out"}


@pytest.mark.parametrize("kind", ["scan", "age"])
def test_a_run_without_a_model_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "new.txt").write_text("something new")
    settings = {"run": str(tmp_path / "empty")} | ({"text": str(tmp_path / "new.txt")} if kind == "age" else {})
    end = ended(done(tmp_path, kind, tiny(tmp_path), **settings))  # type: ignore[arg-type]
    assert end.status == "failed"
    assert end.reason not in ("crashed", "")


def test_only_a_gpt_has_the_parts_that_are_scanned(tmp_path: Path) -> None:
    run(tmp_path / "cnn", tiny(tmp_path, {"architecture": {"kind": "cnn"}}))
    end = ended(done(tmp_path, "scan", tiny(tmp_path), run=str(tmp_path / "cnn")))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", "scan_needs_a_gpt", "run")


def test_a_text_that_is_not_there_belongs_to_its_setting(tmp_path: Path, trained: Path) -> None:
    end = ended(done(tmp_path, "age", tiny(tmp_path), run=str(trained), text=str(tmp_path / "nowhere.txt")))
    assert (end.status, end.reason, end.arguments["field"]) == ("failed", "text_missing", "text")


def reading(block: int, part: str, amount: float, change: float) -> Trial:
    names = {"part": part, "way": "share"}
    return trial(1, names, block=float(block), amount=amount, bits_per_byte=2.0 + change, change=change)


def test_a_scan_names_who_bears_least_and_what_all_bear() -> None:
    made = [reading(0, "mlp", 0.5, 0.01), reading(0, "mlp", 0.9, 0.5), reading(1, "attention", 0.5, 0.02)]
    made += [reading(1, "attention", 0.9, 0.1), reading(0, "mlp", 0.7, 0.03), reading(1, "attention", 0.7, 0.0)]
    (found,) = scan.suggest(made, Experiment(), Scan(run="x"))
    assert found.arguments["least"] == "the MLP of block 1"
    assert found.arguments["most"] == "the attention of block 2"
    assert (found.arguments["amount"], found.arguments["borne"]) == ("90 %", "50 %")
    assert not found.changes
    assert scan.suggest([], Experiment(), Scan(run="x")) == []


@pytest.mark.parametrize(
    ("new", "sure", "key"),
    [
        (2.2, 0.05, "age_harder"),
        (2.2, 0.15, "age_unsure"),
        (2.01, 0.05, "age_alike"),
        (1.8, 0.05, "age_easier"),
        (1.8, None, "age_too_short"),
    ],
)
def test_age_says_harder_alike_or_easier_where_it_is_sure(new: float, sure: float | None, key: str) -> None:
    own, gap = trial(1, {"text": "own"}, bits_per_byte=2.0, accuracy=0.5), new / 2.0 - 1.0
    bounds = {"gap": gap, "gap_low": None, "gap_high": None}
    if sure is not None:
        bounds |= {"gap_low": gap - sure, "gap_high": gap + sure}
    found = trial(2, {"text": "new"}, bits_per_byte=new, left_out_share=0.0, comparable=1.0, met_share=None, **bounds)
    (told,) = age.suggest([own, found], Experiment(), Age())
    assert told.key == key
    assert sentence(told.key, told.arguments)
    assert age.suggest([own], Experiment(), Age()) == []


def test_age_says_what_to_keep_in_mind() -> None:
    own = trial(1, {"text": "recorded"}, bits_per_byte=None, accuracy=None)
    found = trial(2, {"text": "new"}, bits_per_byte=2.0, left_out_share=0.1, comparable=0.0, met_share=0.5)
    keys = [one.key for one in age.suggest([own, found], Experiment(), Age())]
    assert keys == ["age_alone", "age_left_out", "age_met", "age_not_comparable"]
