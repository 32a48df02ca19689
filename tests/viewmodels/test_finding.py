"""What a window and a terminal are told of a job, from its documents alone."""

from __future__ import annotations

import pytest

from gpulab.events.documents import AnyDocument, JobStarted, RunEnded, Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Kind
from gpulab.spec.problem import Argument, BadInput
from gpulab.viewmodels.finding import Finding, taken_over
from gpulab.viewmodels.finding_values import Heat, Plot


def started(trials: int) -> JobStarted:
    return JobStarted(
        format=1,
        kind="search",
        settings={},
        experiment={},
        seed=1,
        versions={},
        device="cpu",
        device_name="a processor",
        threads=1,
        trials=trials,
        pid=1,
        pid_started=1.0,
    )


def trial(number: int, names: dict[str, str] | None = None, **values: float | None) -> Trial:
    return Trial(number=number, seconds=2.0 * number, values=values, names=names or {})


def folded(kind: Kind, *documents: AnyDocument) -> Finding:
    finding = Finding(kind)
    finding.take([started(10), *documents])
    return finding


def rates(count: int) -> list[Trial]:
    return [trial(n, learning_rate=10.0**-n, loss=float(n), smoothed_loss=float(n)) for n in range(1, count + 1)]


def test_progress_and_time_left() -> None:
    finding = Finding("find_lr")
    assert (finding.state, finding.done_share, finding.seconds_left) == ("starting", None, None)
    finding.take([started(10), *rates(5)])
    assert (finding.state, finding.done_share, finding.seconds_left) == ("working", 0.5, 10.0)
    finding.take([RunEnded(status="done", step=5)])
    assert (finding.over, finding.done_share, finding.seconds_left) == (True, 1.0, None)


def test_the_rate_s_chart_has_gaps_and_marks() -> None:
    gap = trial(4, learning_rate=1e-4, loss=None, smoothed_loss=None)
    found = Suggestion(key="lr_steepest", changes={"training.learning_rate": 0.01})
    (plot,) = folded("find_lr", *rates(3), gap, Suggestion(key="lr_never_blew_up"), found).plots
    assert isinstance(plot, Plot)
    raw, smoothed = plot.curves
    assert raw.x == smoothed.x == (0.1, 0.01, 0.001)
    assert [(mark.x, mark.number) for mark in plot.marks] == [(0.01, 1)]


def test_the_batch_s_charts_are_in_order_and_leave_out_what_failed() -> None:
    def fitting(batch: float) -> Trial:
        return trial(1, {"outcome": "fits"}, batch_size=batch, tokens_per_s=batch * 10, peak_bytes=batch * 100)

    finding = folded("find_batch", fitting(1), fitting(4), trial(2, {"outcome": "too_big"}, batch_size=8.0), fitting(2))
    speed, memory = finding.plots
    assert isinstance(speed, Plot)
    assert isinstance(memory, Plot)
    assert list(speed.curves[0].x) == list(memory.curves[0].x) == [1, 2, 4]
    assert list(memory.curves[0].y) == [100, 200, 400]
    assert [row[:2] for row in finding.table[1:]][-1] == ["8", "does not fit"]


def test_the_search_s_chart_has_a_curve_for_each_batch() -> None:
    def run(rate: float, batch: float, loss: float | None) -> Trial:
        return trial(1, {"stage": "search"}, learning_rate=rate, batch_size=batch, val_loss=loss, steps=1.0, seed=1.0)

    finding = folded("search", run(0.1, 8, 3.0), run(0.2, 4, 2.0), run(0.3, 8, None))
    (plot,) = finding.plots
    assert isinstance(plot, Plot)
    assert [(curve.label, curve.x) for curve in plot.curves] == [("Batch 4", (0.2,)), ("Batch 8", (0.1,))]
    assert [row[0] for row in finding.table[1:]] == ["2.000", "3.000", "–"]


@pytest.mark.parametrize("kind", ["find_lr", "find_batch", "search", "tune", "scan", "age", "bias", "watch", "guard"])
def test_nothing_measured_yet_is_no_error(kind: Kind) -> None:
    finding = Finding(kind)
    assert all(not curve.x for plot in finding.plots if isinstance(plot, Plot) for curve in plot.curves)
    assert len(finding.table) == 1


def test_a_suggestion_may_switch_a_technique() -> None:
    on: dict[str, Argument] = {"techniques.precision": True, "techniques.precision.mode": "bf16"}
    taken = taken_over(Experiment(), Suggestion(key="tune_faster", changes=on))
    assert list(taken.techniques) == ["precision"]
    off = Suggestion(key="tune_faster", changes={"techniques.precision": False})
    assert taken_over(taken, off) == Experiment()


def test_a_suggestion_is_taken_over_as_a_legal_experiment() -> None:
    changes = {"training.learning_rate": 0.01, "training.batch_size": 8}
    taken = taken_over(Experiment(), Suggestion(key="search_clear", changes=changes))
    assert (taken.training.learning_rate, taken.training.batch_size) == (0.01, 8)
    with pytest.raises(BadInput):
        taken_over(Experiment(), Suggestion(key="batch_largest", changes={"training.batch_size": 10**9}))


def test_the_scan_s_chart_is_a_heat_map_in_the_model_s_order() -> None:
    def reading(block: float, part: str, amount: float, change: float | None) -> Trial:
        return trial(1, {"part": part, "way": "share"}, block=block, amount=amount, bits_per_byte=2.0, change=change)

    readings = [reading(0, "attention", 0.1, 0.0), reading(0, "attention", 0.9, 1.0), reading(0, "mlp", 0.1, 0.01)]
    (heat,) = folded("scan", *readings).plots
    assert isinstance(heat, Heat)
    assert (heat.rows, heat.columns) == (("Block 1, attention", "Block 1, MLP"), ("10% zero", "90% zero"))
    assert heat.values == ((0.0, 1.0), (0.01, None))
    warmth = [heat.warmth(row, column) for row in (0, 1) for column in (0, 1)]
    assert warmth == [0.0, 1.0, pytest.approx(1 / 3), 0.0]


def test_age_s_chart_has_a_bar_for_each_text_that_has_a_figure() -> None:
    own = trial(1, {"text": "recorded"}, bits_per_byte=None, accuracy=None)
    new = trial(2, {"text": "new"}, bits_per_byte=2.0, accuracy=0.25)
    finding = folded("age", own, new)
    (plot,) = finding.plots
    assert isinstance(plot, Plot)
    assert (plot.places, [curve.y for curve in plot.curves]) == (("New text",), [(2.0,)])
    assert finding.table[2][1:3] == ["2.000", "25.0 %"]


def test_age_s_new_text_has_the_interval_of_its_gap() -> None:
    own = trial(1, {"text": "own"}, bits_per_byte=2.0, accuracy=0.5)
    new = trial(2, {"text": "new"}, bits_per_byte=2.5, accuracy=0.25, gap=0.25, gap_low=0.2, gap_high=0.35)
    finding = folded("age", own, new)
    (plot,) = finding.plots
    assert isinstance(plot, Plot)
    assert [(curve.low, curve.high) for curve in plot.curves] == [((), ()), ((2.4,), (2.7,))]
    assert finding.table[1][3:5] == ["", ""]
    assert finding.table[2][3:5] == ["+25 %", "+20 to +35 %"]


def test_paired_words_show_groups_with_intervals_and_every_pair() -> None:
    def asked(number: int, group: str, gap: float | None, **values: float | None) -> Trial:
        return trial(number, {"what": "pair", "group": group, "pair": f"pair {number}"}, gap=gap, **values)

    listed = trial(1, {"what": "list"}, asked=13.0, left_out=0.0)
    made = [asked(n, "rank" if n < 6 else "age", 0.1 * n) for n in range(11)]
    finding = folded("bias", listed, *made, asked(99, "rank", None))
    (plot,) = finding.plots
    assert isinstance(plot, Plot)
    (dots,) = plot.curves
    assert (plot.places, dots.x) == (("All pairs", "rank", "age"), (0.0, 1.0, 2.0))
    assert all(low < value < high for low, value, high in zip(dots.low, dots.y, dots.high, strict=True))
    assert [row[0] for row in finding.table[1:]] == ["All pairs", "rank", "age", *(f"pair {n}" for n in range(11))]
    few = folded("bias", listed, *made[:2])
    (plot,) = few.plots
    assert isinstance(plot, Plot)
    assert plot.curves[0].low == plot.curves[0].high == plot.curves[0].y, "an open interval is not drawn"
    both = folded("bias", listed, *(asked(n, "rank", 1.0 + 0.1 * n, beside=0.1 * n) for n in range(6)))
    (plot,) = both.plots
    assert isinstance(plot, Plot)
    assert [curve.label for curve in plot.curves] == ["This model", "Beside it"]
    assert both.table[1][5:7] == ["+1.000", "+1.000 to +1.000"]


def test_watched_words_show_models_and_what_they_learned_from() -> None:
    def text(side: str, hits: float) -> Trial:
        return trial(1, {"what": "text", "side": side, "text": "And  she\nsaid"}, hits=hits, words=100.0)

    read = trial(9, {"what": "training", "side": "model"}, hits=50.0, words=10_000.0)
    finding = folded("watch", *[text("model", 1.0 + n % 2) for n in range(6)], text("beside", 0.0), read)
    (plot,) = finding.plots
    assert isinstance(plot, Plot)
    assert plot.places == ("This model", "What it learned from", "Beside it")
    assert [curve.y for curve in plot.curves] == [(15.0,), (5.0,), (0.0,)]
    model, learned, beside = plot.curves
    assert model.low < model.y < model.high
    assert (learned.low, beside.high) == ((), (30.0,))
    assert [row[0] for row in finding.table[1:5]] == [*plot.places, "And she said"]
    assert finding.table[4][1:5] == ["10.00", "", "1", "100"]


def test_what_safety_costs_is_shown_of_the_training_and_in_milliseconds() -> None:
    def turns(way: str, write_s: float, read_s: float) -> list[Trial]:
        names = {"what": "round", "way": way}
        return [trial(2, names, write_s=write_s, read_s=read_s * (1.0 + 0.01 * n)) for n in range(5)]

    of = trial(1, {"what": "run", "file": "x"}, bytes=1e6, saves=4.0, train_seconds=100.0)
    ways = [*turns("encryption", 0.001, 0.002), *turns("passphrase", 0.2, 0.2), *turns("safetensors", 0.01, 0.02)]
    tried = trial(3, {"what": "attack", "attack": "code_unsafe"}, got_through=1.0)
    finding = folded("guard", of, *ways, tried)
    of_run, reading = finding.plots
    assert isinstance(of_run, Plot)
    assert isinstance(reading, Plot)
    assert of_run.places == reading.places == ("safetensors", "+ encryption")
    assert [curve.y[0] for curve in reading.curves] == pytest.approx([20.4, 2.04])
    assert of_run.curves[0].y[0] == pytest.approx(0.0604)
    assert of_run.curves[0].low < of_run.curves[0].y < of_run.curves[0].high
    assert [row[0] for row in finding.table[1:]] == [
        "safetensors",
        "+ encryption",
        "+ passphrase",
        "code in a pickle, unchecked",
    ]
    assert finding.table[2][1:6] == ["1 ms", "2.04 ms", "1.00 GB/s", "490 MB/s", "0.00604 %"]
    assert finding.table[4][1] == "the code ran"
    unknown = trial(1, {"what": "run", "file": "x"}, bytes=1e6, saves=4.0, train_seconds=None)
    assert folded("guard", unknown, *ways).table[1][5] == "–"
