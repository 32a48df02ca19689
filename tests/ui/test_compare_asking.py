"""Every way to a comparison in the real window: menus, cards, rows of the table; and one that is really run."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from gpulab.ui.compare.new import NewComparison
from gpulab.ui.compare.questions import Combinations, OneTechnique
from gpulab.ui.compare.setting_questions import Doses, Variants
from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import compare_page
from tests.report.made import comparison_in, experiment, run_in, summary
from tests.ui.window import tiny, until, window_on

pytestmark = pytest.mark.timeout(400)


def dialog_of(window: MainWindow) -> NewComparison:
    found = [dialog for dialog in window.findChildren(NewComparison) if dialog.isVisible()]
    assert len(found) == 1
    return found[0]


def test_each_question_has_a_dialog_that_says_what_it_takes(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(
            msgspec.structs.replace(
                tiny(), techniques=experiment(techniques={"dropout": {}, "label_smoothing": {}}).techniques
            )
        )
        expected = {
            "compare_with": "2 sides: 6 to 20 runs",
            "compare_each": "3 sides: 9 to 30 runs",
            "compare_all": "4 sides: 12 to 40 runs",
            "compare_doses": "sides: ",
        }
        for name, words in expected.items():
            window.actions_[name].trigger()
            dialog = dialog_of(window)
            assert words in dialog.outlook.text(), name
            assert dialog.start.isEnabled()
        window.actions_["compare_variants"].trigger()
        dialog = dialog_of(window)
        assert not dialog.start.isEnabled(), "there is no variant yet"
        assert dialog.first.text().startswith("Choose a setting")
        assert not dialog.wrong.isVisible(), "nobody is met by an error before anything was done"
        assert isinstance(dialog.part, Variants)
        dialog.part.add.click()
        until(qtbot, dialog.start.isEnabled)
        dialog.part.picker.choose("techniques.dropout")
        dialog.part.join.click()
        assert dialog.part.variants == [{"training.learning_rate": 0.002, "techniques.dropout": False}]
        dialog.part.remove.click()
        until(qtbot, lambda: not dialog.start.isEnabled())
        dialog.cancel.click()


def test_a_wrong_rule_is_told_below_its_field(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["compare_with"].trigger()
        dialog = dialog_of(window)
        dialog.rules.edited.emit("least_seeds", 12, False)
        assert not dialog.start.isEnabled()
        dialog.rules.edited.emit("most_seeds", 15, False)
        assert dialog.start.isEnabled()
        assert "24 to 30 runs" in dialog.outlook.text()
        assert not dialog.rules.rows["tune_trials"].field.isVisible(), "it matters only where rates are searched"
        for path in ("equal_quality", "price_per_hour", "watts"):
            assert not dialog.rules.rows[path].field.isVisible()
        dialog.advanced.click()
        assert dialog.rules.rows["watts"].field.isVisible()
        dialog.reject()


def test_a_card_asks_about_its_own_technique(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(
            msgspec.structs.replace(tiny(), techniques=experiment(techniques={"label_smoothing": {}}).techniques)
        )
        window.form.focus_setting("techniques.label_smoothing")
        links = window.form.body.cards["label_smoothing"].order()[-1]
        assert isinstance(links, QLabel)
        links.linkActivated.emit("#compare")
        part = dialog_of(window).part
        assert isinstance(part, OneTechnique)
        assert part.box.currentData() == "label_smoothing"
        dialog_of(window).reject()


def test_how_far_and_once_more_start_from_what_was_found(root: Path, qtbot: QtBot) -> None:
    folder = comparison_in(root.parent / "comparisons")
    with window_on(root, qtbot) as window:
        page = compare_page(window)
        page.show_comparison(folder)
        until(qtbot, lambda: page.snapshot is not None)
        assert page.snapshot is not None
        standing = page.snapshot.standing
        page.sweep.emit(standing, "variant")
        part = dialog_of(window).part
        assert isinstance(part, Doses)
        assert part.picker.setting.path == "techniques.label_smoothing.amount"
        page.again.emit(standing, {"most_seeds": 8})
        dialog = dialog_of(window)
        assert "0 to 10 more runs" in dialog.outlook.text(), "6 of 16 are there"
        dialog.reject()


def test_selected_runs_are_put_side_by_side(root: Path, qtbot: QtBot) -> None:
    base = run_in(root, experiment("base"), summary(2.0))
    other = run_in(root, experiment("other", {"label_smoothing": {"amount": 0.2}}), summary(1.9))
    with window_on(root, qtbot) as window:
        window.runs.table.selectAll()
        assert set(window.runs.selection()) == {base.name, other.name}
        window.actions_["compare_runs"].trigger()
        page = compare_page(window)
        until(qtbot, lambda: page.snapshot is not None)
        assert page.snapshot is not None
        assert page.snapshot.standing.comparison.question == "runs"
        assert page.isVisible(), "the window turns to it"
        assert len(page.snapshot.standing.comparison.arms) == 2


def test_combining_needs_a_technique(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        window.actions_["compare_all"].trigger()
        dialog = dialog_of(window)
        assert isinstance(dialog.part, Combinations)
        assert not dialog.start.isEnabled()
        assert dialog.first.isVisible()
        dialog.reject()


@pytest.mark.slow
def test_with_and_without_is_asked_run_and_answered(root: Path, qtbot: QtBot) -> None:
    """Real trainings, a dozen steps each: start, stop, go on, verdict; Run goes to the queue meanwhile."""
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny(steps=12))
        window.actions_["compare_with"].trigger()
        dialog = dialog_of(window)
        assert isinstance(dialog.part, OneTechnique)
        dialog.part.box.setCurrentIndex(dialog.part.box.findData("dropout"))
        dialog.rules.edited.emit("least_seeds", 1, False)
        dialog.rules.edited.emit("most_seeds", 1, False)
        start = dialog.findChild(QPushButton, "start")
        assert start is not None
        start.click()
        page = compare_page(window)
        until(qtbot, lambda: page.snapshot is not None and page.snapshot.headline.state == "working")
        assert page.running
        assert window.deeds.busy, "what is run now waits in the queue"
        page.detail.head.stop.click()
        until(qtbot, lambda: page.snapshot is not None and page.snapshot.headline.state == "stopped")
        until(qtbot, lambda: not page.running)
        page.detail.head.go_on.click()
        until(qtbot, lambda: page.snapshot is not None and page.snapshot.headline.state == "working")
        qtbot.waitUntil(lambda: page.snapshot is not None and page.snapshot.headline.state == "done", timeout=90_000)
        until(qtbot, lambda: not page.running)
        assert page.snapshot is not None
        assert page.snapshot.headline.done_runs == 2
        assert page.snapshot.bands
        assert page.detail.verdicts.cards["with"].isVisible()
