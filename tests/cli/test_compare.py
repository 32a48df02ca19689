"""Comparing from a terminal: the question typed, the runs made, the answer as a table and as one object."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpulab.comparisons import launching, standing
from gpulab.comparisons.folder import create, is_comparison
from gpulab.comparisons.variants import with_and_without
from gpulab.runs.reading import digest_of
from gpulab.spec.comparison import Rules
from gpulab.spec.files import load, save
from gpulab.spec.setting import settings_of
from gpulab.techniques import REGISTRY
from tests.cli.conftest import Gpulab
from tests.cli.test_bad_input import assert_refused
from tests.comparisons.test_existing_runs import run as ended_run
from tests.engine.support import tiny
from tests.runs.conftest import wait_until

BAD: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "no question": ((), ("--with", "--dose")),
    "two questions": (("--with", "ema", "--one-at-a-time"), ("--with and --one-at-a-time",)),
    "misspelt technique": (("--with", "prunning"), ("prunning", "pruning")),
    "misspelt technique with a field": (("--with", "prunning.amount=0.5"), ("prunning",)),
    "misspelt field": (("--with", "pruning.amonut=0.5"), ("amount",)),
    "a setting from elsewhere": (("--with", "optimizer=lion"), ("training.optimizer",)),
    "out of range": (("--with", "pruning.amount=5"), ("techniques.pruning.amount", "0.99")),
    "no value": (("--with", "pruning.amount"), ("pruning.amount",)),
    "nothing": (("--with", ","), ('"," is no variant',)),
    "not a letter": (("--with", ""), ('--with: "" is no variant',)),
    "a value alone": (("--with", "=3"), ('"=3" is no variant',)),
    "off and set": (("--with", "pruning.amount=0.3,pruning=off"), ("contradicts itself about techniques.pruning.",)),
    "twice": (("--with", "pruning.amount=0.3,pruning.amount=0.4"), ("contradicts itself", "pruning.amount")),
    "no such technique": (("--with", "nonsense"), ("techniques.nonsense: there is no such technique", "describe")),
    "a dose of nothing": (("--dose", "nonsense=1,2"), ("techniques.nonsense: there is no such technique",)),
    "a dose of a technique": (("--dose", "pruning=0.2,0.4"), ("techniques.pruning: this is a technique", "amount")),
    "no names": (("--combinations", ","), ('"," names no technique',)),
    "more seeds than allowed": (
        ("--with", "ema", "--seeds", "12"),
        ("--seeds: at most 10 seeds are fewer than the 12",),
    ),
    "the seed": (("--with", "training.seed=3"), ("training.seed", "same on every side")),
    "equal arms": (("--with", "ema", "--with", "ema"), ("same experiment",)),
    "the baseline itself": (("--with", "training.steps=12"), ("same experiment",)),
    "off already": (("--without", "ema"), ("ema", "off")),
    "unknown to go without": (("--without", "emma"), ("ema",)),
    "nothing is on": (("--one-at-a-time",), ("no technique is switched on",)),
    "too many": (("--combinations", "pruning,ema,dropout,weight_decay,weight_tying,z_loss"), ("64", "32")),
    "a conflict": (("--with", "architecture.kind=lstm,grouped_query_attention"), ("cannot be used together",)),
    "cannot run here": (("--with", "ema", "--set", "device=cuda:77"), ("cuda:77",)),
    "cannot run one side": (("--with", "data_parallel.workers=3"), ("workers",)),
    "no text": (("--with", "ema", "--set", "data.path=/nowhere.txt"), ("/nowhere.txt",)),
    "no text on one side": (("--with", "data.path=/nowhere.txt"), ("/nowhere.txt",)),
    "no doses": (("--dose", "pruning.amount"), ("pruning.amount", "value,value")),
    "a dose that is none": (("--dose", "pruning.amount=0.5,much"), ("much", "number")),
    "one dose, its own": (("--dose", "training.steps=12"), ("two sides",)),
    "seeds": (("--with", "ema", "--seeds", "few"), ("--seeds", "whole number")),
    "too many seeds": (("--with", "ema", "--most-seeds", "100"), ("--most-seeds", "20")),
    "seeds upside down": (("--with", "ema", "--seeds", "5", "--most-seeds", "4"), ("--most-seeds",)),
    "a region": (("--with", "ema", "--equal-quality", "99"), ("--equal-quality", "50")),
    "tuned and asked": (("--dose", "training.learning_rate=0.1", "--tune"), ("learning rate",)),
    "a folder that is not empty": (("--with", "ema", "--out", "/"), ("already exists",)),
    "a folder that cannot be": (("--with", "ema", "--out", "/proc/nothing/here"), ("cannot be written",)),
    "an option that is none": (("--with", "ema", "--sedes", "3"), ("--sedes",)),
    "go on and more": (("--go-on", "/tmp", "--with", "ema"), ("no other options",)),
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """An experiment file that trains in a moment."""
    path = tmp_path / "tiny.gpulab.toml"
    save(tiny(tmp_path), path)
    return path


@pytest.mark.parametrize("case", BAD)
def test_what_makes_no_comparison_starts_nothing(gpulab: Gpulab, home: Path, base: Path, case: str) -> None:
    arguments, words = BAD[case]
    assert_refused(gpulab("compare", base, *arguments), *words)
    assert not home.exists()


def test_a_comparison_needs_a_file_or_one_to_go_on_with(gpulab: Gpulab, tmp_path: Path) -> None:
    assert_refused(gpulab("compare"), "--go-on")
    assert_refused(gpulab("compare", tmp_path / "none.toml", "--with", "ema"), "none.toml")
    assert_refused(gpulab("compare", "--go-on", tmp_path), "no comparison")
    assert gpulab("compare", "--json").json["problems"][0]["key"] == "no_file_to_compare"


def test_its_help_can_be_read(gpulab: Gpulab, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        gpulab("compare", "--help")
    assert "--most-seeds" in capfd.readouterr().out


def test_options_are_made_from_the_rules() -> None:
    import argparse

    from gpulab.cli.arms import add_rules, option, rules_of

    parser = argparse.ArgumentParser()
    add_rules(parser)
    assert rules_of(parser.parse_args([])) == Rules()
    typed: list[str] = []
    for setting in settings_of(Rules):
        value = [setting.choices[-1] if setting.choices else "3"] if setting.kind != "bool" else []
        typed += [option(setting), *value]
    found = rules_of(parser.parse_args(typed))
    for setting in settings_of(Rules):
        assert getattr(found, setting.name) in (3, True, *setting.choices[-1:]), setting.name


def test_a_real_comparison_from_its_question_to_its_answer(gpulab: Gpulab, base: Path, tmp_path: Path) -> None:
    """A compression, whose runs serve both sides."""
    out = tmp_path / "out"
    seeds = ("--seeds", "2", "--most-seeds", "2")
    result = gpulab("compare", base, "--with", "pruning.amount=0.9", *seeds, "--out", out, "--json")
    assert result.status == 0, result.err
    found = result.json
    assert (found["status"], found["comparison_dir"], found["seeds"]) == ("done", str(out), 2)
    without, with_ = found["arms"]
    assert (without["runs_of"], with_["differences"]) == (
        "with",
        {"techniques.pruning": True, "techniques.pruning.amount": 0.9, **_settings_of_pruning(with_)},
    )
    assert len(list((out / "runs").glob("*/model.safetensors"))) == 2
    assert [run["run_dir"] for run in without["runs"]] == [run["run_dir"] for run in with_["runs"]]
    quality = next(one for one in with_["changes"] if one["metric"] == "test_bits_per_byte")
    assert quality["pairs"] == 2
    assert quality["change"] > 0
    assert len(with_["verdict"]) >= 4
    again = gpulab("compare", "--go-on", out)
    assert_refused(again, "finished")


def _settings_of_pruning(arm: dict[str, dict[str, object]]) -> dict[str, object]:
    return {path: value for path, value in arm["differences"].items() if path.startswith("techniques.pruning.")}


def test_ctrl_c_stops_politely_and_go_on_finishes(gpulab: Gpulab, home: Path, base: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gpulab",
        "compare",
        str(base),
        "--with",
        "ema",
        "--seeds",
        "1",
        "--most-seeds",
        "1",
    ]
    command += ["--set", "training.steps=100000"]
    environment = {**os.environ, "GPULAB_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        wait_until(lambda: _step(home) > 0, 30.0)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err.decode()
    assert "Stopping" in err.decode()
    assert_refused(gpulab("stop", next((home / "comparisons").iterdir())), "not being worked on")
    assert "Stopped as you asked." in out.decode()
    (where,) = (home / "comparisons").iterdir()
    assert standing.read(where).state == "stopped"
    listed = gpulab("comparisons", "--json").json
    assert [(one["state"], one["arms"]) for one in listed] == [
        ("stopped", ["without", "with Averaged weights (EMA) (decay 0.999)"])
    ]


def test_it_can_be_stopped_from_another_terminal(gpulab: Gpulab, home: Path, base: Path) -> None:
    save(tiny(base.parent, steps=100_000), base)
    folder = create(home / "comparisons", *with_and_without(load(base, REGISTRY), "ema"))
    conductor = launching.start(folder)
    wait_until(lambda: _step(home) > 0, 30.0)
    assert gpulab("stop", folder).status == 0
    assert not conductor.alive
    found = standing.read(folder)
    assert (found.state, [one.state for one in found.observations]) == ("stopped", ["stopped"])


def _step(home: Path) -> int:
    for where in filter(is_comparison, (home / "comparisons").glob("*/")):
        found = standing.read(where)
        if found.current:
            return digest_of(found.current[2]).step
    return 0


def test_runs_that_are_there_are_compared_at_once(gpulab: Gpulab, home: Path, tmp_path: Path) -> None:
    plain = [ended_run(tmp_path / "runs", seed) for seed in (1, 2, 3)]
    dropout = [ended_run(tmp_path / "runs", seed, "dropout") for seed in (1, 2, 3)]
    found = gpulab("compare", "--runs", *plain, *dropout, "--json").json
    assert (found["status"], found["question"], found["baseline"]) == ("done", "runs", "side-1")
    assert {one["metric"]: one["word"] for one in found["arms"][1]["changes"]}["test_bits_per_byte"] == "worse"
    assert Path(found["comparison_dir"]).parent == home / "comparisons"
    out = tmp_path / "out"
    shown = gpulab("compare", "--runs", plain[0], dropout[0], "--equal-quality", "20", "--out", out)
    assert shown.status == 0
    assert "with Dropout (rate 0.1), against GPT nano" in shown.out
    assert_refused(gpulab("compare", "--runs", plain[0], plain[1]), "two sides")
    assert_refused(gpulab("compare", "--runs", plain[0], tmp_path / "none"), "not the folder of a run")
    assert_refused(gpulab("compare", "--runs", plain[0], dropout[0], "--with", "ema"), "--runs")
    assert_refused(gpulab("compare", "--runs", plain[0], dropout[0], "--out", out), "already exists")


def test_comparisons_are_listed(gpulab: Gpulab, home: Path) -> None:
    assert gpulab("comparisons").err.startswith("There are no comparisons")
    assert json.loads(gpulab("comparisons", "--json").out) == []
    (home / "comparisons" / "x").mkdir(parents=True)
    (home / "comparisons" / "x" / "comparison.json").write_text("{")
    result = gpulab("comparisons")
    assert result.status == 0
    assert "cannot be read" in result.err
