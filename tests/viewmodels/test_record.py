"""A run's record, its status, its story, its row in the table: pure functions of documents."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gpulab.events.documents import (
    AnyDocument,
    ArtifactSaved,
    Notice,
    RunEnded,
    RunResumed,
    RunStarted,
    Sample,
    TextGenerated,
)
from gpulab.viewmodels import dangers
from gpulab.viewmodels.record import RunRecord
from gpulab.viewmodels.runs_table import COLUMNS, matches
from gpulab.viewmodels.sparkline import spark
from gpulab.viewmodels.status import status_of
from gpulab.viewmodels.story import Line, result_of, signed_percent, story_of


def started(steps: int = 100) -> RunStarted:
    return RunStarted(
        format=1, experiment={}, experiment_hash="", seed=1, versions={}, device="cpu", device_name="", threads=1,
        technique_order=("quantization",), parameters=10, vocab_size=64, steps=steps, tokens_per_step=8,
        training_tokens=800, pid=1, pid_started=0.0,
    )  # fmt: skip


def sample(step: int, **values: float | None) -> Sample:
    return Sample(step=step, tokens=step * 8, seconds=step * 0.5, values=values)


@pytest.fixture
def run() -> RunRecord:
    return RunRecord("20260101-run", Path("/runs/20260101-run"), "Baseline")


def test_states_follow_the_documents(run: RunRecord) -> None:
    assert run.state == "starting"
    for document, state in (
        (Notice(key="preparing"), "preparing"),
        (started(), "preparing"),
        (sample(1, train_loss=4.0), "training"),
        (Notice(key="paused"), "paused"),
        (sample(2, train_loss=3.0), "paused"),
        (Notice(key="continued"), "training"),
        (Notice(key="judging"), "judging"),
        (RunEnded(status="done", step=100), "done"),
        (RunResumed(from_step=1, pid=1, pid_started=0.0), "preparing"),
    ):
        run.take([document])
        assert run.state == state


def test_resuming_takes_back_what_came_after(run: RunRecord) -> None:
    run.take(
        [started(), sample(10, val_loss=3.0), sample(20, val_loss=1.0), TextGenerated(step=20, prompt="", text="b")]
    )
    run.take([RunResumed(from_step=10, pid=1, pid_started=0.0)])
    assert (run.step, run.best_val_loss, run.best_step, len(run.series), list(run.texts)) == (10, 3.0, 10, 1, [])


def test_time_left_is_measured(run: RunRecord) -> None:
    run.take([started(), sample(10, train_loss=3.0)])
    assert status_of(run).seconds_left is None
    run.take([sample(20, train_loss=2.0)])
    assert status_of(run).seconds_left == pytest.approx(40.0)
    assert status_of(run).share == pytest.approx(0.2)


def test_values_that_were_not_finite_leave_the_last_good_one(run: RunRecord) -> None:
    run.take([started(), sample(1, val_loss=2.0), sample(2, val_loss=None)])
    assert run.latest["val_loss"] == 2.0
    assert run.best_val_loss == 2.0


def test_the_story_speaks_of_choices_and_of_the_best(run: RunRecord) -> None:
    run.take([started(), sample(10, val_loss=2.0), sample(20, val_loss=2.5)])
    dangers.look(run)
    assert [line.key for line in story_of(run).now] == ["now_training", "now_read_part", "now_unsure"]
    told = {line.key: line.arguments for line in story_of(run).news}
    assert told["commentary_turned"] == {"best": "2.000", "step": "10", "now": "2.500", "change": "+25 %"}
    assert story_of(run).now[1].arguments["percent"] == "20"  # of 800 tokens
    run.take([sample(130)])
    assert story_of(run).now[1] == Line("now_read_times", {"tokens": "1.04 k", "times": "1.3"})


def test_equal_notices_are_told_once(run: RunRecord) -> None:
    run.take([Notice(key="step_skipped", severity="warning", step=step, arguments={"step": step}) for step in (1, 2)])
    assert [notice.step for notice in story_of(run).notices] == [2]


def test_the_result_sets_the_compressed_beside_the_trained(run: RunRecord) -> None:
    smaller = {"test_bits_per_byte": 2.2, "model_bytes": 250, "inference_tokens_per_s": 10.0}
    summary = {"test_bits_per_byte": 2.0, "model_bytes": 1000, "inference_tokens_per_s": 10.0, "compressed": smaller}
    run.take([RunEnded(status="done", step=1, summary=summary)])
    result = result_of(run)
    assert result is not None
    assert [(figure.key, figure.better) for figure in result.figures] == [
        ("quality", False),
        ("size", True),
        ("speed", None),
    ]


def test_what_compressing_saved_is_told_where_it_was_measured(run: RunRecord) -> None:
    before = {"test_bits_per_byte": 2.0, "parameters": 1000, "inference_bytes": 8000, "forward_tokens_per_s": 50.0}
    after = {"test_bits_per_byte": 2.0, "parameters": 600, "inference_bytes": 4000, "forward_tokens_per_s": 80.0}
    run.take([RunEnded(status="done", step=1, summary={**before, "compressed": after})])
    result = result_of(run)
    assert result is not None
    shown = {figure.key: (figure.trained, figure.compressed, figure.better) for figure in result.figures[1:]}
    assert shown == {
        "parameters": ("1.00 k", "600", True),
        "memory": ("8.00 kB", "4.00 kB", True),
        "reading": ("50 /s", "80 /s", True),
    }
    run.take([RunEnded(status="done", step=1, summary=before)])
    alone = result_of(run)
    assert alone is not None
    assert [figure.key for figure in alone.figures] == ["quality"]


def test_what_a_cache_buys_and_costs_stands_beside_writing_without_it(run: RunRecord) -> None:
    writing = {"inference_tokens_per_s": 24.0, "cached_tokens_per_s": 197.0, "first_token_s": 0.0418}
    cost = {"cached_first_token_s": 1.25, "cache_bytes": 4718592}
    run.take([RunEnded(status="done", step=1, summary={"test_bits_per_byte": 2.0, **writing, **cost})])
    result = result_of(run)
    assert result is not None
    assert {figure.key: figure.trained for figure in result.figures[1:]} == {
        "speed": "24 /s",
        "cached": "197 /s",
        "beginning": "41.8 ms",
        "cached_beginning": "1.25 s",
        "cache": "4.72 MB",
    }


@pytest.mark.parametrize(("rate", "better"), [(9.2, None), (8.4, False), (11.5, True)])
def test_what_was_measured_once_differs_only_when_it_differs_much(
    run: RunRecord, rate: float, better: bool | None
) -> None:
    smaller = {"test_bits_per_byte": 2.0, "inference_tokens_per_s": rate}
    summary = {"test_bits_per_byte": 2.0, "inference_tokens_per_s": 10.0, "compressed": smaller}
    run.take([RunEnded(status="done", step=1, summary=summary)])
    result = result_of(run)
    assert result is not None
    assert (result.figures[-1].once, result.figures[-1].better) == (True, better)


def test_a_stopped_run_says_from_where_it_goes_on(run: RunRecord) -> None:
    run.take([started(), sample(25, train_loss=2.0), RunEnded(status="stopped", step=25)])
    assert story_of(run).now[0].key == "now_stopped_unsaved"
    run.take([ArtifactSaved(kind="checkpoint", path="c", step=10, bytes=1)])
    assert (story_of(run).now[0].key, story_of(run).now[0].arguments["saved"]) == ("now_stopped_behind", 10)
    run.take([ArtifactSaved(kind="checkpoint", path="c", step=25, bytes=1)])
    assert story_of(run).now[0].key == "now_stopped"


def test_at_first_it_is_no_better_than_guessing(run: RunRecord) -> None:
    run.take([started(), sample(0, val_loss=4.4)])
    assert story_of(run).now[-1].key == "now_guessing"


def test_batchnorm_is_warned_of_quietly(run: RunRecord) -> None:
    batchnorm = {"techniques": {"normalization": {"kind": "batchnorm"}}}
    run.take([msgspec.structs.replace(started(), experiment=batchnorm)])
    assert [(notice.key, notice.severity) for notice in story_of(run).notices] == [("batchnorm_sees_ahead", "info")]


def test_a_run_that_nobody_judged_has_no_result(run: RunRecord) -> None:
    run.take([RunEnded(status="stopped", step=1, summary={"tokens_per_s": 3.0})])
    assert result_of(run) is None


@pytest.mark.parametrize(("share", "text"), [(0.12, "+12 %"), (-0.031, "−3.1 %"), (0.0001, "±0.0 %")])
def test_changes_carry_their_sign(share: float, text: str) -> None:
    assert signed_percent(share) == text


def test_every_column_speaks_of_an_empty_run_and_a_full_one(run: RunRecord) -> None:
    full: list[AnyDocument] = [started(), sample(1, val_loss=2.0, tokens_per_s=412_000.0), sample(2, val_loss=1.5)]
    empty: list[AnyDocument] = []
    for documents in (empty, full):
        run.take(documents)
        for column in COLUMNS:
            assert isinstance(column.text(run), str)
            assert column.order(run) is not None
    assert {column.key: column.text(run) for column in COLUMNS}["tokens_per_s"] == "412 k"
    assert list(spark(run)) == [2.0, 1.5]


def test_the_filter_wants_every_word(run: RunRecord) -> None:
    run.take([started()])
    assert matches(run, "base quant")
    assert not matches(run, "base pruning")


def test_the_table_tells_an_lstm_from_a_cnn_and_muon_from_adamw(run: RunRecord) -> None:
    cell = next(column.text for column in COLUMNS if column.key == "techniques")
    begun = msgspec.structs.replace(started(), technique_order=("architecture",))
    for kind, optimizer, said in (
        ("lstm", "adamw", "LSTM"),
        ("cnn", "muon", "Muon with AdamW, Causal CNN"),
        ("new", "", "new"),
    ):
        experiment = {"techniques": {"architecture": {"kind": kind}}, "training": {"optimizer": optimizer}}
        run.take([msgspec.structs.replace(begun, experiment=experiment)])
        assert cell(run) == said
    listed = RunRecord("listed", Path("/runs/listed"), "Baseline")
    listed.listed_techniques, listed.listed_architecture, listed.listed_optimizer = ("architecture",), "cnn", "lion"
    assert cell(listed) == "Lion, Causal CNN"
