"""What a report says is what was measured: every figure from the folder, nothing averaged in silence."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from matplotlib.figure import Figure

from gpulab.analysis import figures
from gpulab.analysis.metrics import BY_KEY
from gpulab.comparisons.standing import read
from gpulab.events.documents import Notice
from gpulab.report.charts import draw_scatter
from gpulab.report.drawings import Curves, Forest, Scatter
from gpulab.report.model import Block, Card, Facts, Picture, Quote, Report, Table, Words, letter
from gpulab.report.of_comparison import report_of_comparison, report_on
from gpulab.report.of_run import report_of_run
from gpulab.report.settings import differences, rows_of
from gpulab.spec.problem import BadInput
from tests.report.made import comparison_in, experiment, run_in, summary

B = TypeVar("B", bound=Block)


def blocks(report: Report, kind: type[B], section: str = "") -> list[B]:
    return [
        block
        for one in report.sections
        if not section or one.title == section
        for block in one.blocks
        if isinstance(block, kind)
    ]


def test_letters_count_like_columns() -> None:
    assert [letter(place) for place in (0, 1, 25, 26, 27, 701, 702)] == ["A", "B", "Z", "AA", "AB", "ZZ", "AAA"]


def test_a_comparison_is_told_from_its_answer_to_its_runs(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    report = report_of_comparison(folder)
    assert report.title == "With quantization"
    assert report.standing == "Decided; seeds on each side: 3."
    assert report.when == "2025-11-23 12:13 to 12:17 UTC"
    assert report.where == "Old processor"
    assert "torch 2.99" in report.about
    (card,) = blocks(report, Card)
    assert (card.side.letter, card.side.name, card.word, card.tone) == ("B", "with Quantization", "Better", "good")
    assert [label for label, _ in card.sentences[:4]] == ["Gain", "Cost", "How sure", "Try next"]
    assert "1.960" in card.sentences[0][1]  # 2 % less than 2.000
    (runs,) = blocks(report, Table, "Every run")
    assert [row[1].text for row in runs.rows] == ["1", "2", "3"] * 2
    assert all((folder / row[4].text).is_dir() and len(row[5].text) == 12 for row in runs.rows)


def test_the_table_of_changes_agrees_with_the_judgement(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    judgement = read(folder).judgement
    (table,) = blocks(report_of_comparison(folder), Table, "What changed")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    for change in judgement.changes:
        metric = BY_KEY[change.metric]
        base, here, by, interval, word = rows.pop(metric.label)
        assert base == figures.written(metric, change.base)
        assert here == figures.written(metric, change.value)
        assert by == figures.written_change(change)
        assert interval == figures.written_interval(change)
        assert (word == "not judged") == (not metric.judged)
    assert rows == {}


def test_no_measurable_difference_says_what_would_have_shown(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path, better=1.0))
    (table,) = blocks(report, Table, "What changed")
    (quality,) = [row for row in table.rows if row[0].text == "Bits per byte"]
    assert quality[-1].text == "no measurable difference"
    change = read(next(tmp_path.iterdir())).judgement.of("variant", "test_bits_per_byte")
    assert change is not None
    assert quality[-1].note == f"{figures.written_detectable(change)} would have shown"


def test_an_open_figure_whose_interval_leaves_out_zero_says_why(tmp_path: Path) -> None:
    standing = read(comparison_in(tmp_path))
    quality = standing.judgement.of("variant", "test_bits_per_byte")
    assert quality is not None
    shown = msgspec.structs.replace(
        quality, word="too_few", change=0.0086, low=0.0067, high=0.0104, detectable=0.01, region=0.005
    )
    judgement = msgspec.structs.replace(standing.judgement, changes=(shown,))
    report = report_on(msgspec.structs.replace(standing, judgement=judgement))
    (table,) = blocks(report, Table, "What changed")
    assert table.rows[0][-1].text == "too few runs to tell, not sure enough yet for so many figures"


def test_failed_runs_are_named_and_left_out(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path, failed=(2,)))
    (card,) = blocks(report, Card)
    assert any("failed (seed 2)" in said for _, said in card.sentences)
    (runs,) = blocks(report, Table, "Every run")
    assert [(row[1].text, row[2].text, row[3].text) for row in runs.rows if row[2].tone == "bad"] == [
        ("2", "failed", "–")
    ]


@pytest.mark.parametrize("seeds", [(), (1,)])
def test_a_comparison_that_has_hardly_begun_is_told_too(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    report = report_of_comparison(comparison_in(tmp_path, seeds=seeds, ended=False))
    assert blocks(report, Card)[0].word == "Too few runs to tell"
    assert all(section.blocks for section in report.sections)


def test_who_pays_and_how_it_was_measured(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path, better=1.05))
    (slices,) = blocks(report, Table, "Who pays")
    assert {row[0].text for row in slices.rows} == {"Common words", "Rare words"}
    (facts,) = blocks(report, Facts, "How it was measured")
    told = dict(facts.rows)
    assert told["Seeds"] == "1, 2, 3 (from 3 to 4)"
    assert "quality 0.50 %" in told["Counts as no difference"]
    assert "no side was tuned" in told["Learning rates"]


def test_who_pays_is_told_of_a_side_that_got_better_too_but_not_from_one_pair(tmp_path: Path) -> None:
    assert blocks(report_of_comparison(comparison_in(tmp_path / "better")), Table, "Who pays")
    one = report_of_comparison(comparison_in(tmp_path / "one", seeds=(1,), ended=False))
    assert "Who pays" not in [
        section.title for section in one.sections if any(isinstance(b, Table) for b in section.blocks)
    ]


def test_figures_show_the_measured_numbers(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path))
    drawings = {picture.name: picture for picture in blocks(report, Picture)}
    forest = drawings["changes"].drawing
    assert isinstance(forest, Forest)
    (quality,) = [strip for strip in forest.strips if strip.label == "Bits per byte"]
    assert quality.intervals[0].change == pytest.approx(-0.02)
    assert quality.region == pytest.approx(0.005)
    curve = drawings["curve-val-bits-per-byte-step"].drawing
    assert isinstance(curve, Curves)
    first, second = curve.lines
    assert first.x == (0.0, 10.0, 20.0, 30.0)
    assert first.y[-1] == pytest.approx((2.0 + 2.001 + 2.0) / 3)
    assert first.high[-1] == pytest.approx(2.001)
    assert second.letter == "B"


def test_a_difference_that_counts_as_none_does_not_fill_an_axis(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path, better=0.99998))
    (drawing,) = (p.drawing for p in blocks(report, Picture) if p.name == "against-model-bytes")
    assert isinstance(drawing, Scatter)
    figure = Figure()
    draw_scatter(figure, drawing)
    low, high = figure.axes[0].get_ylim()
    apart = abs(drawing.points[0].y - drawing.points[1].y)
    assert high - low >= drawing.y.least > 100 * apart > 0


def test_differences_are_told_in_the_forms_words() -> None:
    base, other = experiment(), experiment(techniques={"label_smoothing": {"amount": 0.25}})
    assert list(differences(base, other)) == [("Label smoothing", "off", "on (amount 0.25)")]
    assert list(differences(other, base)) == [("Label smoothing", "on (amount 0.25)", "off")]
    assert list(differences(base, experiment(name="Another", seed=7))) == []
    assert ("Label smoothing: Amount", "0.25", True) in list(rows_of(other))


def test_a_run_is_told_with_its_compressed_model(tmp_path: Path) -> None:
    compressed = {"test_bits_per_byte": 2.1, "model_bytes": 1000, "inference_tokens_per_s": 400.0}
    documents = [Notice(key="step_skipped", arguments={"step": 3}, severity="warning")]
    run_dir = run_in(tmp_path, experiment(), summary(2.0, compressed=compressed), documents)
    report = report_of_run(run_dir)
    assert report.standing == "Finished. It made 30 steps."
    (table,) = blocks(report, Table, "What came out")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Bits per byte"] == ["2.000", "2.100", "+5.0 %"]
    assert rows["Size on disk"] == ["4.00 kB", "1.00 kB", "−75 %"]
    assert rows["Training speed"] == ["1.00 k tokens/s", "", ""]
    assert [words.text for words in blocks(report, Words, "What came out")] == [
        "Step 3 was skipped: its gradient was not a finite number. The weights are as they were."
    ]
    assert blocks(report, Quote)[0].text == " upon a time"


def test_a_run_that_failed_says_why(tmp_path: Path) -> None:
    report = report_of_run(run_in(tmp_path, experiment(), None))
    assert report.standing.startswith("Failed. It made 30 steps. The training failed: it broke.")
    assert blocks(report, Words)[0].text == "It was not judged, because it did not come to its end."


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="run_missing"):
        report_of_run(tmp_path)
    with pytest.raises(BadInput, match="comparison_missing"):
        report_of_comparison(tmp_path)


def test_every_row_of_differences_names_its_side(tmp_path: Path) -> None:
    (told,) = blocks(report_of_comparison(comparison_in(tmp_path)), Table, "What was compared")
    assert len(told.rows) > 1
    assert all(row[0].side is not None for row in told.rows), "rows stand alone on a narrow screen"
