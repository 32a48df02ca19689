"""What a terminal says of a comparison that is at work."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gpulab.cli import conducting
from gpulab.cli.running import tell_of_comparison
from gpulab.comparisons import folder, standing, variants
from gpulab.comparisons.runner import Runner
from gpulab.comparisons.standing import Standing
from gpulab.events.documents import Notice, Sample
from gpulab.runs import folder as runs
from gpulab.spec.comparison import Rules
from gpulab.spec.decode import encode
from gpulab.spec.presets import experiment_from
from gpulab.words import sentence
from tests.comparisons.stand_in import first
from tests.comparisons.test_standing import said

NANO = experiment_from("nano")
SEED = NANO.training.seed


@pytest.fixture
def at_work(tmp_path: Path) -> Standing:
    """A comparison whose first run is at step 4 of 10."""
    where = folder.create(tmp_path, *variants.with_and_without(NANO, "dropout", Rules(tune=True)))
    run_dir = runs.create(where / "runs", NANO)
    said(run_dir, first(encode(NANO), 0, 0.0), Sample(step=4, tokens=32, seconds=0.1, values={}))
    now = standing.read(where)
    return msgspec.structs.replace(now, state="working", current=("without", SEED, run_dir), seconds_left=95.4)


def test_it_tells_the_run_its_side_and_the_time_left(at_work: Standing) -> None:
    assert conducting.where(at_work) == f"run 1 of 6, about 1 min 35 s left, without, seed {SEED}, step 4 of 10"
    soon = msgspec.structs.replace(at_work, seconds_left=0.2)
    assert "a moment left" in conducting.where(soon)


def test_between_runs_it_tells_what_it_waits_for(at_work: Standing) -> None:
    idle = msgspec.structs.replace(at_work, current=None)
    assert conducting.where(idle) == "searches learning rates"
    assert conducting.where(msgspec.structs.replace(idle, in_line=True)) == "waits for another comparison"


def test_who_runs_something_else_is_told_that_both_disturb_each_other(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_of_comparison()
    with Runner(home).turn(lambda: None):
        tell_of_comparison()
    tell_of_comparison()
    assert capsys.readouterr().err == f"{sentence('beside_comparison', {})}\n"


def test_a_log_file_gets_a_line_for_each_run_and_notice(at_work: Standing, capsys: pytest.CaptureFixture[str]) -> None:
    unfair = Notice(key="run_waited_for_cores", arguments={"arm": "with", "seed": SEED, "percent": 40})
    told = msgspec.structs.replace(at_work, notices=(Notice(key="waits_for_comparison"), unfair))
    with conducting.shown() as show:
        show(at_work)
        show(told)
        show(told)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"run 1 of 6: without, seed {SEED}, about 1 min 35 s left",
        "Another comparison is at work; this one begins when that is done.",
        f"with Dropout (rate 0.1), seed {SEED}: {sentence(unfair.key, {})}",
    ]
