"""Finders and search on the command line: table, suggestion, `--take`, `--json`, and what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gpulab.cli.finding import VERBS, option
from gpulab.events.documents import RunEnded, Trial
from gpulab.events.log import read_all
from gpulab.runs.jobs import jobs_root
from gpulab.spec.files import load, save
from gpulab.spec.jobs import ASKS
from gpulab.spec.setting import Setting, settings_of
from gpulab.techniques import REGISTRY
from tests.cli.conftest import Gpulab, Result
from tests.engine.support import tiny

SETTINGS = [(verb, setting) for verb, kind in VERBS.items() for setting in settings_of(ASKS[kind])]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gpulab.toml"
    save(tiny(tmp_path), path)
    return path


def test_find_lr_shows_suggests_and_writes(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken.gpulab.toml"
    result = gpulab("find-lr", file, "--take", taken, "--set", "training.seed=5")
    assert result.status == 0, result.err
    assert "[lr_steepest]" in result.out
    assert "smoothed" in result.out
    assert "█" in result.out
    written = load(taken, REGISTRY)
    assert written.training.learning_rate != 0.001
    assert f"Take {written.training.learning_rate:.6g}" in result.out
    assert written.training.seed == 5
    before = load(file, REGISTRY)
    assert (written.model, written.data, written.training.steps) == (before.model, before.data, before.training.steps)


def test_find_batch_tells_everything_to_a_script(gpulab: Gpulab, file: Path) -> None:
    told = gpulab("find-batch", file, "--largest", "4", "--json", "--take", file).json
    assert told["status"] == "done"
    assert [trial["batch_size"] for trial in told["trials"]] == [1, 2, 4]
    assert told["suggestions"][0]["key"] == told["taken"]
    assert "{" not in told["suggestions"][0]["sentence"]
    assert load(file, REGISTRY).training.batch_size == told["suggestions"][0]["changes"]["training.batch_size"]


def test_tune_shows_what_each_brought_and_why_not(
    gpulab: Gpulab, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no compiler is found: none has to be waited for
    quick = ("--trial-s", "0.01", "--pairs", "5", "--seeds", "2", "--check-steps", "2", "--equal-quality", "50")
    result = gpulab("tune", file, *quick, "--out", tmp_path / "fast.toml")
    assert "Compilation: Default: " in result.out
    assert "needs a C++ compiler" in result.out
    assert "Fused attention: Step by step" in result.out
    if "[tune_" in result.out:  # what the clock says here is not for a test to know
        assert (result.status, (tmp_path / "fast.toml").exists()) == (0, True)
    else:
        assert "could be taken over" in result.err
    assert "--goal" in gpulab("tune", file, "--goal", "fun").err


def test_search_and_a_suggestion_by_its_name(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    result = gpulab("search", file, "--trials", "4", "--steps", "4", "--take", tmp_path / "x", "--pick", "nothing")
    assert result.status == 2
    assert "nothing called nothing was suggested. Suggested: search_" in result.err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("verb", "setting"), SETTINGS, ids=lambda part: getattr(part, "name", part))
def test_settings_beyond_their_limits_start_nothing(gpulab: Gpulab, file: Path, verb: str, setting: Setting) -> None:
    beyond = [] if setting.high is None else [str(setting.high * 2 + 1)]
    assert beyond or setting.choices or setting.kind == "bool"
    for wrong in (*beyond, "nonsense"):
        result = gpulab(verb, file, option(setting), wrong)
        assert result.status == 2
        assert result.err.startswith(f"gpulab: {option(setting)}: {wrong}")
    assert not jobs_root().exists()


def test_what_cannot_be_done_is_refused_before_it_starts(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    assert "must lie above" in gpulab("find-lr", file, "--lowest", "0.1", "--highest", "0.01").err
    assert "no power of two" in gpulab("search", file, "--smallest-batch", "5", "--largest-batch", "7").err
    (tmp_path / "there").write_text("something")
    result = gpulab("find-lr", file, "--take", tmp_path / "there")
    assert (result.status, "already exists" in result.err) == (2, True)
    assert gpulab("find-lr", tmp_path / "missing.toml").status == 2
    assert not jobs_root().exists()


def test_what_only_the_worker_finds_is_bad_input_too(gpulab: Gpulab, file: Path) -> None:
    switched = ("--set", "techniques.schedule=on", "--set", "techniques.schedule.warmup_steps=6")
    result = gpulab("search", file, "--trials", "2", "--steps", "4", *switched)
    assert result.status == 2
    assert "techniques.schedule.warmup_steps: 6 warm-up steps do not fit" in result.err


def test_ctrl_c_stops_and_suggests_from_what_there_is(home: Path, file: Path) -> None:
    command = [sys.executable, "-m", "gpulab", "search", str(file), "--trials", "500", "--steps", "50", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ)
    deadline = time.monotonic() + 60
    while not any(_trials(folder) for folder in jobs_root().glob("2*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    told = json.loads(out)
    assert (process.returncode, told["status"], told["reason"]) == (0, "stopped", "stopped_by_person")
    assert told["suggestions"]
    (folder,) = jobs_root().glob("2*")
    assert isinstance(read_all(folder)[-1], RunEnded)


def _trials(folder: Path) -> list[Trial]:
    return [document for document in read_all(folder) if isinstance(document, Trial)]


def test_scan_and_age_look_at_a_finished_run(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    run_dir = finished.json["run_dir"]
    scanned = gpulab("scan", run_dir, "--windows", "2")
    assert scanned.status == 0, scanned.err
    assert "Block 2, MLP" in scanned.out
    assert "suffers most" in scanned.out
    new = tmp_path / "new.txt"
    new.write_text("To be, or not to be, that is the question. " * 9)
    told = gpulab("age", run_dir, new, "--json").json
    assert [trial["text"] for trial in told["trials"]] == ["own", "new"]
    assert told["suggestions"][0]["key"].startswith("age_")


def test_paired_words_and_word_lists_are_asked_about(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    run_dir, own = finished.json["run_dir"], tmp_path / "own.toml"
    asked = gpulab("bias", run_dir)
    assert asked.status == 0, asked.err
    assert "All pairs" in asked.out
    assert "No danger is raised from these figures" in asked.out
    watched = gpulab("watch", run_dir, "--texts", "2", "--length", "30", "--words", "the and")
    assert watched.status == 0, watched.err
    assert "What it learned from" in watched.out
    assert "--- is no word" in gpulab("watch", run_dir, "--words", "the ---").err.replace("“", "").replace("”", "")
    own.write_text('format = 1\n\n[[pairs]]\nprompt = "The king"\nwords = ["king", "queen"]\ncontinuation = " is"\n')
    refused = gpulab("bias", run_dir, "--pairs", own)
    assert (refused.status, f"pairs: line 3 of {own}" in refused.err) == (2, True), refused.err


def test_what_safety_costs_is_told_of_a_finished_run(gpulab: Gpulab, finished: Result) -> None:
    told = gpulab("guard", finished.json["run_dir"], "--rounds", "5")
    assert told.status == 0, told.err
    assert "+ encryption" in told.out
    assert "the code ran" in told.out


def test_what_is_no_run_or_no_text_is_refused(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    assert "not the folder of a run" in gpulab("scan", tmp_path).err
    result = gpulab("age", finished.json["run_dir"], tmp_path / "missing.txt")
    assert (result.status, "text: there is no file" in result.err) == (2, True)
    assert "choose the text" in gpulab("age", finished.json["run_dir"], "").err
