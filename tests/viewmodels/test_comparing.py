"""What the Compare page shows of a comparison, as values: it must agree with the judgement to the digit."""

from __future__ import annotations

import math
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.stats import t

from gpulab.analysis import figures
from gpulab.comparisons.standing import read
from gpulab.spec.comparison import Rules
from gpulab.viewmodels.comparing.curves import Curve, CurveStore, band
from gpulab.viewmodels.comparing.glance import Dot, Strip, strips
from gpulab.viewmodels.comparing.headline import headline
from gpulab.viewmodels.comparing.snapshot import Reader, Snapshot, Wish
from gpulab.viewmodels.comparing.story import leading_rows
from gpulab.viewmodels.comparing.table import Cell, rows, way_of
from gpulab.viewmodels.comparing.tradeoff import available, tradeoff
from tests.report.made import comparison_in


def seen(folder: Path) -> Snapshot:
    return Reader(folder).read()


def cells(snapshot: Snapshot, key: str) -> tuple[Cell, ...]:
    return next(row.cells for row in snapshot.rows if row.metric.key == key)


def test_each_cell_is_written_as_the_judgement_has_it(tmp_path: Path) -> None:
    snapshot = seen(comparison_in(tmp_path, seeds=(1, 2, 3, 4)))
    change = snapshot.standing.judgement.of("variant", "test_bits_per_byte")
    assert change is not None
    base, cell = cells(snapshot, "test_bits_per_byte")
    assert (base.tone, base.change) == ("base", "")
    assert cell.tone == {"better": "good", "too_few": "open", "same": "same"}[change.word]
    assert cell.change == figures.written_change(change) == "−2.0 %"
    assert cell.interval == figures.written_interval(change)
    assert (cell.way, cell.seeds) == (-1, 4)
    size = cells(snapshot, "model_bytes")[1]
    assert (size.tone, size.change, size.interval) == ("good", "−50 %", ""), "it cannot vary, so it is exact"


def test_a_figure_without_a_verdict_stands_beside_and_last(tmp_path: Path) -> None:
    snapshot = seen(comparison_in(tmp_path))
    judged = [row.judged for row in snapshot.rows]
    assert judged == sorted(judged, reverse=True)
    assert cells(snapshot, "test_perplexity")[1].tone == "beside"


def test_a_run_that_failed_is_nowhere_averaged_in(tmp_path: Path) -> None:
    snapshot = seen(comparison_in(tmp_path, seeds=(1, 2, 3), failed=(2,)))
    assert cells(snapshot, "test_bits_per_byte")[1].seeds == 2
    assert [seed for _, seed, _ in snapshot.standing.judgement.left_out] == [2]


def test_speeds_of_slowed_runs_are_not_compared_in_silence(tmp_path: Path) -> None:
    standing = read(comparison_in(tmp_path))
    slowed = [msgspec.structs.replace(one, unfair="throttled") for one in standing.observations]
    judgement = msgspec.structs.replace(standing.judgement, changes=())
    found = {row.metric.key: row.cells[1] for row in rows(standing.comparison, slowed, judgement)}
    assert found["tokens_per_s"].change == ""
    assert found["test_bits_per_byte"].change == "−2.0 %"


@pytest.mark.parametrize(("written", "way"), [("−2.0 %", -1), ("+3 %", 1), ("2.3×", 1), ("0 %", 0), ("–", 0)])
def test_the_arrow_follows_what_is_written(written: str, way: int) -> None:
    assert way_of(written) == way


def test_only_what_differs_is_listed(tmp_path: Path) -> None:
    found = {one.path: dict(one.values) for one in seen(comparison_in(tmp_path)).differences}
    assert found == {
        "techniques.label_smoothing": {"baseline": None, "variant": True},
        "techniques.label_smoothing.amount": {"baseline": None, "variant": 0.25},
    }


def test_the_band_is_the_interval_of_the_mean_from_three_seeds_on() -> None:
    x = np.array([0.0, 10.0, 20.0])
    curves = [Curve(x, np.array([3.0, 2.0, 1.0 + offset])) for offset in (-0.1, 0.0, 0.1)]
    found = band("arm", curves)
    half = t.ppf(0.975, 2) * 0.1 / math.sqrt(3)
    assert (found.kind, found.seeds) == ("interval", 3)
    assert found.middle == pytest.approx([3.0, 2.0, 1.0])
    assert found.high[-1] - found.middle[-1] == pytest.approx(half)
    pair = band("arm", curves[:2])
    assert (pair.kind, pair.low[-1], pair.high[-1]) == ("range", pytest.approx(0.9), pytest.approx(1.0))
    assert band("arm", curves[:1]).kind == "single"


def test_a_band_ends_where_its_shortest_curve_does() -> None:
    long = Curve(np.array([0.0, 10.0, 20.0]), np.array([3.0, 2.0, 1.0]))
    short = Curve(np.array([0.0, 10.0]), np.array([3.0, 2.0]))
    assert band("arm", [long, short]).x.tolist() == [0.0, 10.0]
    apart = Curve(np.array([30.0]), np.array([1.0]))
    assert len(band("arm", [long, apart]).x) == 0


def test_the_run_at_work_does_not_cut_the_others_off(tmp_path: Path) -> None:
    standing = read(comparison_in(tmp_path))
    at_work = standing.runs["variant", 3]
    store = CurveStore()
    everything = store.bands(standing.runs, ["variant"], "val_bits_per_byte", "step")
    others = store.bands(standing.runs, ["variant"], "val_bits_per_byte", "step", at_work)
    assert [(one.seeds, one.kind) for one in (*everything, *others)] == [(3, "interval"), (2, "range")]


def test_other_curves_come_when_they_are_wished_for(tmp_path: Path) -> None:
    reader = Reader(comparison_in(tmp_path))
    by_time = reader.read(Wish("train_loss", "seconds"))
    assert by_time.wish == Wish("train_loss", "seconds")
    assert {one.arm for one in by_time.bands} == {"baseline", "variant"}
    assert by_time.bands[0].x[-1] == pytest.approx(3.0)
    assert reader.read(Wish("grad_norm")).bands == ()


def test_the_front_holds_who_is_not_beaten(tmp_path: Path) -> None:
    standing = read(comparison_in(tmp_path))
    keys = {metric.key for metric in available(standing.observations)}
    assert {"test_bits_per_byte", "model_bytes"} <= keys
    found = tradeoff(standing.comparison, standing.observations, "model_bytes", "test_bits_per_byte")
    assert [(point.arm, point.on_front) for point in found.points] == [("baseline", False), ("variant", True)]
    assert len(found.points[0].seeds) == 3


def test_strips_reach_as_far_as_their_intervals(tmp_path: Path) -> None:
    standing = read(comparison_in(tmp_path))
    for strip in strips(standing.comparison, standing.judgement):
        for dot in strip.dots:
            assert abs(dot.at) < strip.reach
    quality = strips(standing.comparison, standing.judgement)[0]
    assert (quality.title, quality.good, quality.region) == ("Bits per byte", -1, 0.5)


def test_an_audience_is_told_quality_and_what_changed_most(tmp_path: Path) -> None:
    told = [row.metric.key for row in leading_rows(seen(comparison_in(tmp_path)))]
    assert told[0] == "test_bits_per_byte"
    assert "model_bytes" in told
    assert len(told) == 3


def test_who_pays_is_sorted_and_named(tmp_path: Path) -> None:
    paying = seen(comparison_in(tmp_path)).found.paying["variant"]
    assert {part.name.key for part in paying.parts} == {"slice_words_common", "slice_words_rare"}
    changes = [dot.at for dot in paying.strip.dots]
    assert changes == sorted(changes, reverse=True)


def test_equal_quality_is_told_with_money_where_there_is_a_price(tmp_path: Path) -> None:
    found = seen(comparison_in(tmp_path, rules=Rules(most_seeds=4, price_per_hour=2.0))).found.reaching
    assert [one.arm for one in found] == ["variant"]
    assert [cost.what for cost in found[0].costs] == ["steps", "tokens", "seconds", "money"]
    assert all(cost.change.startswith("−") for cost in found[0].costs), "the better arm gets there sooner"


def test_what_was_found_is_worked_out_once_for_a_judgement(tmp_path: Path) -> None:
    reader = Reader(comparison_in(tmp_path))
    first, second = reader.read(), reader.read()
    assert first.found is second.found


def test_reading_again_takes_next_to_nothing(tmp_path: Path) -> None:
    reader = Reader(comparison_in(tmp_path, seeds=tuple(range(1, 11))))
    reader.read()
    began = time.perf_counter()
    reader.read()
    assert time.perf_counter() - began < 0.5


def test_a_waiting_comparison_has_a_snapshot_too(tmp_path: Path) -> None:
    snapshot = seen(comparison_in(tmp_path, seeds=(), ended=False))
    assert snapshot.rows == ()
    assert snapshot.headline.share == 0.0
    assert set(snapshot.verdicts) == {"variant"}


def test_until_there_is_validation_the_training_is_shown(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path, seeds=(1,), ended=False)
    reader = Reader(folder)
    standing = reader.read().standing
    run = standing.runs["baseline", 1]
    alone = msgspec.structs.replace(
        standing, runs={("baseline", 1): run}, current=("baseline", 1, run), current_share=0.25, state="working"
    )
    found = reader.snapshot(alone)
    assert (found.wish.key, found.wish.instead) == ("train_loss", True), "these runs never measured a validation loss"
    assert [one.arm for one in found.bands] == ["baseline"]
    assert not reader.snapshot(alone, Wish("val_bits_per_byte")).wish.instead
    assert not reader.snapshot(standing).wish.instead, "nothing is at work that could bring one"


def test_the_bar_moves_within_a_run(tmp_path: Path) -> None:
    standing = seen(comparison_in(tmp_path, seeds=(1,), ended=False)).standing
    shares = [
        headline(
            msgspec.structs.replace(standing, state="working", done_runs=0, planned_runs=4, current_share=share)
        ).share
        for share in (0.0, 0.5, 1.0)
    ]
    assert shares == [0.0, 0.125, 0.25]


def test_one_wide_interval_does_not_flatten_the_others() -> None:
    usual = tuple(Dot(row, 0.1, -0.2, 0.4, "", "open") for row in range(4))
    strip = Strip("Bits per byte", (*usual, Dot(4, 0.0, -50.0, 50.0, "", "open")), 0.5, -1)
    assert strip.reach < 2.0
    assert Strip("Bits per byte", usual[:1], 0.5, -1).reach >= 0.4
