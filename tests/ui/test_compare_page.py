"""The Compare page on comparisons whose figures are known: what it shows, says, saves and presents."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pyqtgraph as pg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QScrollArea
from pytestqt.qtbot import QtBot

from gpulab.analysis.saying import Saying, Verdict
from gpulab.comparisons import folder as folders
from gpulab.comparisons import launching
from gpulab.comparisons import standing as standings
from gpulab.comparisons.existing_runs import compare_runs
from gpulab.hardware.machine import this_machine
from gpulab.spec.comparison import COMPARISON
from gpulab.ui.background import Background
from gpulab.ui.compare import ComparePage
from gpulab.ui.compare.remarks import remarks
from gpulab.ui.compare.table import CELL
from gpulab.ui.compare.words import cell_words, change_line, small_line
from gpulab.ui.theme import DARK, LIGHT, apply
from tests.report.made import comparison_in, experiment, run_in, summary
from tests.ui.window import until


@pytest.fixture
def page(tmp_path: Path, qtbot: QtBot) -> Iterator[ComparePage]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply(app, LIGHT)
    background = Background()
    made = ComparePage(this_machine(), LIGHT, background, root=tmp_path)
    qtbot.addWidget(made)
    made.resize(1280, 720)
    yield made
    made.leave()
    background.leave()


def shown(page: ComparePage, folder: Path, qtbot: QtBot) -> None:
    page.show()
    page.show_comparison(folder)
    until(qtbot, lambda: page.snapshot is not None and page.snapshot.standing.folder == folder)


def words_in(page: ComparePage, row: int, column: int) -> str:
    item = page.detail.table.table.item(row, column)
    assert item is not None
    return f"{item.data(CELL).value} {change_line(item.data(CELL))} {small_line(item.data(CELL))}"


def test_where_there_is_none_a_person_is_invited(page: ComparePage, qtbot: QtBot) -> None:
    page.show()
    until(qtbot, page.invitation.isVisible)
    assert not page.chooser.isVisible()
    with qtbot.waitSignal(page.show_me):
        page.invitation.button.click()
    with qtbot.waitSignal(page.asked) as asked:
        page.invitation.own.click()
    assert asked.args == ["with_without"]


def test_the_newest_is_shown_with_arrow_sign_and_word(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    folder = comparison_in(tmp_path)
    page.show()
    until(qtbot, lambda: page.snapshot is not None)
    assert page.folder == page.chooser.folder == folder
    assert page.detail.head.question.text() == "Is it better with Quantization?"
    assert page.detail.head.state.text() == "✓ Done: 6 runs over 3 seeds"
    assert not page.detail.head.stop.isVisible()
    assert "Bits per byte <b>2.000</b>" in page.detail.head.base.text()
    table = page.detail.table.table
    labels = [table.verticalHeaderItem(row).text() for row in range(table.rowCount())]
    assert words_in(page, labels.index("Size on disk"), 1) == "2.00 kB ▼ −50 % better exact"
    card = page.detail.verdicts.cards["variant"]
    assert card.isVisible()
    assert "−50 %" in "".join(line.text.text() for line in card.lines)


def test_the_cell_with_the_keys_is_told_in_a_sentence(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    table = page.detail.table
    table.table.setCurrentCell(0, 1)
    sentence = table.about.text()
    assert sentence.startswith("Bits per byte, with Quantization: 1.960, −2.0 % against the baseline's 2.000")
    assert "smallest difference that would have shown" in sentence
    item = table.table.item(0, 1)
    assert item is not None
    assert item.toolTip() == sentence


def test_every_tab_draws_in_both_themes_and_sizes(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    shown(page, comparison_in(tmp_path), qtbot)
    for theme, scale in ((DARK, 1.0), (LIGHT, 1.55)):
        apply(app, theme, scale)
        page.set_theme(theme, scale)
        for at in range(page.detail.tabs.count()):
            page.detail.tabs.setCurrentIndex(at)
            assert not page.grab().isNull()
    assert page.detail.paying.forest.accessibleDescription().startswith("Bits per byte: ")
    assert "Common words" in page.detail.paying.forest.accessibleDescription()
    assert page.detail.reaching.table.rowCount() == 1


def test_curves_come_by_what_is_chosen(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    curves = page.detail.curves
    page.detail.tabs.setCurrentWidget(curves)
    curves.keys.setCurrentIndex(curves.keys.findData("train_loss"))
    curves.axes.setCurrentIndex(curves.axes.findData("seconds"))
    curves.keys.activated.emit(curves.keys.currentIndex())
    until(qtbot, lambda: page.snapshot is not None and page.snapshot.wish.key == "train_loss" and page.snapshot.bands)
    assert "mean over 3 seeds; band: 95 % interval" in curves.note.text()
    assert curves.bottom.seconds


def test_charts_are_saved_as_picture_vectors_and_figures(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    detail = page.detail
    for card in (detail.curves, detail.scatter, detail.glance, detail.paying):
        detail.tabs.setCurrentWidget(card)
        card.save_png(tmp_path / "chart.png")
        card.save_svg(tmp_path / "chart.svg")
        card.save_csv(tmp_path / "chart.csv")
        assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (tmp_path / "chart.svg").read_text()
        with (tmp_path / "chart.csv").open() as file:
            table = list(csv.reader(file))
        if card is not detail.curves:  # nothing looked at validation loss here
            assert len(table) > 1, card.accessibleName()
        menu = card.menu()
        assert [action.text() for action in menu.actions()][-3:] == [
            "Save as PNG…",
            "Save as SVG…",
            "Save values as CSV…",
        ]
        menu.deleteLater()
    with pytest.raises(OSError, match="nowhere"):
        detail.scatter.save_svg(tmp_path / "nowhere" / "chart.svg")


def test_every_name_stands_in_the_trade_off_whatever_size_it_had_before(
    page: ComparePage, tmp_path: Path, qtbot: QtBot
) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    card = page.detail.scatter
    page.detail.tabs.setCurrentWidget(card)

    def names() -> set[str]:
        return {item.toPlainText() for item in card.view.getPlotItem().items if isinstance(item, pg.TextItem)}

    assert page.snapshot is not None
    both = set(page.snapshot.names.values())
    until(qtbot, lambda: names() == both)
    card.save_png(tmp_path / "chart.png")
    card.save_svg(tmp_path / "chart.svg")
    assert names() == both
    page.resize(700, 400)
    QTest.qWait(20)
    page.resize(1280, 720)
    until(qtbot, lambda: names() == both)
    assert len(card.figures()) > len(both)


def test_who_pays_begins_with_a_side_that_can_be_told(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path, more=("with another",)), qtbot)
    assert page.snapshot is not None
    told = page.snapshot.found.paying
    arms = [arm.key for arm in page.snapshot.standing.comparison.arms[1:]]
    last = {arms[-1]: next(iter(told.values()))}
    less = replace(page.snapshot, found=replace(page.snapshot.found, paying=last))
    page.detail.paying.show_snapshot(less)
    assert page.detail.paying.arms.currentData() == arms[-1]
    assert page.detail.paying.shown is last[arms[-1]]
    assert len(page.detail.paying.figures()) > 1


def test_the_columns_of_the_table_fit_beside_the_names_of_its_rows(
    page: ComparePage, tmp_path: Path, qtbot: QtBot
) -> None:
    shown(page, comparison_in(tmp_path, more=("learning rate 10",)), qtbot)
    table = page.detail.table.table
    page.detail.tabs.setCurrentWidget(page.detail.table)
    page.resize(1600, 900)

    def fits() -> bool:
        return sum(table.columnWidth(column) for column in range(3)) <= table.viewport().width()

    until(qtbot, fits)
    table.verticalHeader().setFixedWidth(table.verticalHeader().width() + 120)
    until(qtbot, fits)


def test_a_failed_arm_is_named_and_stands_apart(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path, failed=(2, 3)), qtbot)
    assert page.snapshot is not None
    assert remarks(page.snapshot) == [
        "With Quantization: runs failed (seeds 2, 3). No average has them in it.",
    ]
    assert page.detail.remarks.isVisible()


def test_what_cannot_be_compared_is_said(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    runs = tmp_path / "runs"
    base = run_in(runs, experiment("base"), summary(2.0))
    other = run_in(runs, experiment("other", {"label_smoothing": {}}), summary(1.9, comparable=False))
    folder = compare_runs(tmp_path / "comparisons", [base, other], base)
    shown(page, folder, qtbot)
    assert page.snapshot is not None
    assert page.snapshot.standing.judgement.incomparable
    told = remarks(page.snapshot)
    assert [line.partition(":")[0] for line in told] == ["Other"]
    assert len(told[0]) > 30, "a sentence, not a key"
    rows = {row.metric.key: row.cells[1].tone for row in page.snapshot.rows}
    assert rows["test_bits_per_byte"] == "beside"
    assert rows["model_bytes"] != "beside", "what is comparable is compared"


def test_what_is_not_over_is_undecided(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path, seeds=(1, 2), ended=False), qtbot)
    assert page.detail.head.state.text().startswith("▲ Interrupted: 4 of 6 runs")
    assert page.detail.head.go_on.isVisible()
    assert "?" in words_in(page, 0, 1)
    assert "too few runs" in words_in(page, 0, 1)
    row = page.snapshot.rows[0] if page.snapshot else None
    assert row is not None
    told = cell_words(row, row.cells[1], "With it")
    assert "too few runs to tell, nothing is decided before the first look." in told
    strict = msgspec.structs.replace(row.cells[1], because="strict", interval="+0.67 to +1.04 %")
    assert "too few runs to tell, not sure enough yet for so many figures. " in cell_words(row, strict, "With it")
    assert change_line(strict).endswith("not sure yet")
    card = page.detail.verdicts.cards["variant"]
    assert card.whole in ("too_few", "better")


def test_a_damaged_one_says_so_and_the_others_stay(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    whole, broken = comparison_in(tmp_path), comparison_in(tmp_path, name="Broken")
    (broken / COMPARISON).write_text("{")
    page.show()
    until(qtbot, lambda: page.snapshot is not None)
    assert page.folder == whole, "the first that can be read"
    page.show_comparison(broken)
    until(qtbot, page.invitation.isVisible)
    assert page.invitation.title.text() == "This comparison cannot be shown"
    assert str(broken) in page.invitation.words.text()
    page.show_comparison(whole)
    until(qtbot, page.detail.isVisible)


def test_a_suggestion_changes_the_form_or_asks_again(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    nothing = Saying("next_keep")

    def suggests(**changes: object) -> Verdict:
        said = Saying("next_lower_rate", {"rate": "3e-4"}, changes)  # type: ignore[arg-type]
        return Verdict("variant", nothing, nothing, nothing, said)

    with qtbot.waitSignal(page.apply) as applied:
        page.detail.taken.emit(suggests(**{"training.learning_rate": 3e-4}))
    assert applied.args is not None
    assert applied.args[0] == {"training.learning_rate": 3e-4}
    with qtbot.waitSignal(page.again) as again:
        page.detail.taken.emit(suggests(**{"rules.most_seeds": 20}))
    assert again.args is not None
    assert again.args[1] == {"most_seeds": 20}
    with qtbot.waitSignal(page.sweep) as sweep:
        page.detail.taken.emit(suggests())
    assert sweep.args is not None
    assert sweep.args[1] == "variant"


def test_an_audience_is_led_through_by_the_arrows(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    page.set_calm(True)
    assert not page.chooser.isVisible()
    assert page.story.isVisible()
    places = [page.story.at]
    for _ in range(6):
        page.next_item()
        assert not page.grab().isNull()
        places.append(page.story.at)
    assert places == [0, 1, 2, 3, 4, 4, 4], "question, verdict, figures, curves, who pays"
    page.previous_item()
    assert page.story.at == 3
    page.set_calm(False)
    assert page.chooser.isVisible()
    assert page.detail.isVisible()


def test_figures_of_four_arms_stand_on_a_small_screen_at_once(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply(app, LIGHT, 1.55)
    try:
        names = ("with Pruning (amount 0.5)", "with Quantization (Weights in 8 bits) and Pruning (amount 0.5)")
        shown(page, comparison_in(tmp_path, arm_name="with Quantization (Weights in 8 bits)", more=names), qtbot)
        page.set_theme(LIGHT, 1.55)
        page.resize(1276, 620)  # what a window of 1280 x 720 leaves below its toolbar
        page.set_calm(True)
        for _ in range(4):
            page.next_item()
        texts = {label.text() for label in page.story.findChildren(QLabel)}
        assert "The figures that say most" in texts
        scrolled = page.story.findChild(QScrollArea)
        assert scrolled is not None
        inside = scrolled.widget()
        assert inside is not None
        until(qtbot, lambda: inside.width() == scrolled.viewport().width())
        assert scrolled.verticalScrollBar().maximum() == 0
        assert scrolled.horizontalScrollBar().maximum() == 0
    finally:
        apply(app, LIGHT)


def test_tab_reaches_list_tabs_and_table(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    page.activateWindow()
    page.setFocus()
    until(qtbot, page.chooser.list.hasFocus)
    reached = set()
    for _ in range(45):
        focused = QApplication.focusWidget()
        assert focused is not None
        reached.add(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert {page.chooser.new, page.chooser.list, page.detail.tabs.tabBar(), page.detail.table.table} <= reached


def test_a_new_one_waits_until_nothing_else_is_measured(
    page: ComparePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(launching, "start", begun.append)
    standing = standings.read(comparison_in(tmp_path / "elsewhere"))
    busy = ["A training is at work."]
    page.hindrance = lambda: busy[0] if busy else ""
    page.show()
    page.start(standing.comparison, standing.experiments)
    until(qtbot, lambda: page.snapshot is not None)
    assert page.snapshot is not None
    assert page.snapshot.standing.state == "waiting"
    assert page.detail.head.go_on.text() == "Start"
    assert not begun
    busy.clear()
    until(qtbot, lambda: begun == [page.folder])


def test_an_arm_without_a_result_is_not_said_to_need_more_runs(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path, failed=(1, 2, 3)), qtbot)
    assert page.detail.verdicts.cards["variant"].word.text() == "▲ No result"
    assert words_in(page, 0, 1).startswith(" ")


def test_its_runs_tell_how_fast_this_machine_is(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    folder = comparison_in(tmp_path, seeds=(1, 2))
    with qtbot.waitSignal(page.measured) as told:
        page.show()
    assert told.args is not None
    runs = told.args[0]
    assert {run.folder.parent for run in runs} == {folder / "runs"}
    assert [run.tokens_per_s for run in runs] == [1000.0] * 4


def test_what_waited_when_the_window_was_closed_begins_with_the_next_one(
    page: ComparePage, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(launching, "start", begun.append)
    standing = standings.read(comparison_in(tmp_path / "elsewhere"))
    waiting = [folders.create(tmp_path, standing.comparison, standing.experiments) for _ in range(2)]
    done = comparison_in(tmp_path)
    page.show()
    until(qtbot, lambda: len(begun) == 2)
    assert set(begun) == set(waiting)
    assert done not in begun


def test_a_deleted_one_comes_back_at_one_press(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    folder = comparison_in(tmp_path)
    shown(page, folder, qtbot)
    assert not page.chooser.restore.isVisible()
    with qtbot.waitSignal(page._work.deleted):
        page._work.delete(folder)
    assert not folder.exists()
    until(qtbot, page.chooser.restore.isVisible)
    page.chooser.restore.click()
    until(qtbot, lambda: folder.exists() and page.folder == folder)
    assert not page.chooser.restore.isVisible()


def test_a_click_below_the_list_offers_nothing_to_delete(page: ComparePage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(page, comparison_in(tmp_path), qtbot)
    chooser = page.chooser
    until(qtbot, lambda: chooser.folder is not None)
    chooser.list.customContextMenuRequested.emit(chooser.list.rect().bottomLeft())
    assert not [menu for menu in chooser.findChildren(QMenu) if menu.isVisible()]
    chooser.list.customContextMenuRequested.emit(chooser.list.visualItemRect(chooser.list.item(0)).center())
    menus = [menu for menu in chooser.findChildren(QMenu) if menu.isVisible()]
    assert [action.text() for menu in menus for action in menu.actions()] == ["Open folder", "Delete…"]
    menus[0].close()
