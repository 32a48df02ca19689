"""A handout says what a showing came to: figures, guesses, curves; and what is open."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gpulab.lessons import bets, show
from gpulab.lessons.bets import Guess
from gpulab.lessons.handout import handout_of
from gpulab.lessons.show import Show
from gpulab.report import html
from gpulab.report.drawings import Curves
from gpulab.report.model import Picture, Report, Section, Table, Words
from tests.lessons.made import LESSON, written

SHORT = LESSON.replace('"training.steps" = 8', '"training.steps" = 8, "training.eval_interval" = 2')
SHORT = SHORT.replace('text = "It is {', 'chart = "val_loss"\ntext = "It is {')


@pytest.fixture
def showing(tmp_path: Path) -> Show:
    made = written(SHORT, tmp_path)
    made.path.write_text(SHORT, encoding="utf-8")
    return show.begin(made, root=tmp_path / "shows")


def section(report: Report, title: str) -> Section:
    return next(one for one in report.sections if one.title == title)


def words(one: Section) -> list[str]:
    return [block.text for block in one.blocks if isinstance(block, Words)]


def run(showing: Show, key: str) -> None:
    while (begun := showing.start(key)) is not None:
        while begun[1].alive:
            time.sleep(0.05)


def test_what_has_not_run_is_open(showing: Show) -> None:
    report = handout_of(showing)
    assert (report.title, report.when) == ("What pruning takes", "not begun")
    assert "Not everything" in report.standing
    assert words(section(report, "How much worse?"))[-1] == "What came out: not measured yet."
    assert words(section(report, "We look")) == ["We set 0.9 of all weights to zero.", "It has not run yet."]
    assert words(section(report, "What it cost")) == ["It is – now."]
    assert "not measured yet" in html.page(report)


def test_what_ran_stands_beside_the_guesses(showing: Show) -> None:
    bets.keep(showing.folder, 0, (Guess(-500.0, "Ann"), Guess(1.0), Guess(900.0, "<b>Bo</b>")))
    run(showing, "prune")
    report = handout_of(showing)
    assert report.standing == "Everything in it was measured in this showing."
    assert "UTC" in report.when
    assert "torch" in report.about
    bet = section(report, "How much worse?")
    assert words(bet)[-1].startswith("What came out: ")
    assert words(bet)[-1].endswith("%.")
    (guesses,) = (block for block in bet.blocks if isinstance(block, Table))
    assert guesses.rows[0][0].text == "somebody"
    assert [row[3].text for row in guesses.rows] == ["closest", "", ""]
    cost = section(report, "What it cost")
    (figures,) = (block for block in cost.blocks if isinstance(block, Table))
    assert figures.rows[0][1].text == "As trained"
    assert float(figures.rows[0][2].text) > 1.0
    (chart,) = (block for block in cost.blocks if isinstance(block, Picture))
    assert isinstance(chart.drawing, Curves)
    assert [side.name for side in chart.sides] == ["As trained", "Most weights gone"]
    page = html.page(report)
    assert "&lt;b&gt;Bo&lt;/b&gt;" in page
    assert "<svg" in page


def test_a_figure_that_is_open_says_what_it_will_be(showing: Show) -> None:
    cost = section(handout_of(showing), "What it cost")
    (figures,) = (block for block in cost.blocks if isinstance(block, Table))
    assert [cell.text for cell in figures.rows[0]] == ["Bits per byte", "As trained", "–"]
