"""The gallery opens a setting in the Lab with one press, and the Lab says what to look for as long as it is there."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gpulab.events.documents import RunStarted
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import refuse
from gpulab.ui.lab.look_card import LookCard, remembered
from gpulab.ui.learn import LearnPage
from gpulab.ui.learn.gallery_tab import GalleryTab
from gpulab.ui.main_window import MainWindow
from gpulab.ui.theme import LIGHT
from gpulab.viewmodels.learning.gallery import bundled, named
from gpulab.viewmodels.record import RunRecord
from tests.ui.window import until, window_on


def gallery(window: MainWindow, qtbot: QtBot) -> LearnPage:
    window.actions_["page_learn"].trigger()
    page = window.pages.shown
    assert isinstance(page, LearnPage)
    page.tabs.setCurrentWidget(page.gallery)
    until(qtbot, lambda: page.gallery.shelf)
    return page


def started(experiment: Experiment) -> RunRecord:
    record = RunRecord("run", Path("run"), "run")
    record.started = RunStarted(
        format=1, experiment=encode(experiment), experiment_hash="", seed=1, versions={}, device="cpu",
        device_name="CPU", threads=1, technique_order=(), parameters=10, vocab_size=64, steps=40,
        tokens_per_step=8, training_tokens=800, pid=1, pid_started=0.0,
    )  # fmt: skip
    return record


def test_a_setting_opens_in_the_lab_and_is_taken_back(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        before = window.form.experiment()
        gallery(window, qtbot).gallery.go_to("too-hot")
        tile = window.focusWidget()
        QTest.keyClick(tile, Qt.Key.Key_Return)
        hot, look = named("too-hot"), window.story.look
        assert window.pages.current == "lab"
        assert window.form.experiment() == hot.experiment
        assert window.files.path is None
        assert look.isVisible()
        assert hot.entry.look in look.words.text()
        assert "Too hot at the start" in look.words.text()
        window.actions_["undo"].trigger()
        assert window.form.experiment() == before
        assert not look.isVisible()
        window.actions_["redo"].trigger()
        assert look.isVisible()
        window.form.take({"training.seed": 5}, "another seed")
        assert look.isVisible()
        window.form.take({"training.learning_rate": 1e-3}, "another rate")
        assert not look.isVisible()
        window.actions_["undo"].trigger()
        look.close_button.click()
        assert not look.isVisible()
        window.form.take({"training.seed": 6}, "another seed")
        assert not look.isVisible()


def test_what_to_look_for_is_there_again_after_a_restart_unless_it_was_closed(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        page = gallery(window, qtbot)
        page.opened.emit(named("two-bits"))
        assert window.story.look.isVisible()
    assert remembered() == "two-bits"
    with window_on(root, qtbot) as window:
        until(qtbot, window.story.look.isVisible)
        assert window.story.look.exhibit == named("two-bits")
        window.story.look.close_button.click()
    assert remembered() == ""


def test_cards_say_good_or_bad_what_they_teach_and_what_they_show(qtbot: QtBot) -> None:
    tab = GalleryTab(LIGHT)
    qtbot.addWidget(tab)
    tab.show_gallery(bundled())
    assert tab.shelf is not None
    for tile, exhibit in zip(tab.shelf.tiles, bundled(), strict=True):
        words = [label.text() for label in tile.findChildren(QLabel)]
        assert {exhibit.entry.title, exhibit.entry.teaches, exhibit.entry.look} <= set(words)
        assert ("✓ Good" if exhibit.good else "✗ Bad") in words
        assert (exhibit.danger_label or "Raises no danger") in tile.foot.text()
        assert "about" in tile.foot.text()
        assert exhibit.entry.teaches in tile.accessibleDescription()


def test_arrow_keys_go_from_card_to_card(qtbot: QtBot) -> None:
    tab = GalleryTab(LIGHT)
    qtbot.addWidget(tab)
    tab.resize(1000, 600)
    tab.show_gallery(bundled())
    tab.show()
    tab.activateWindow()
    tab.setFocus()
    opened: list[str] = []
    tab.opened.connect(lambda exhibit: opened.append(exhibit.entry.key))
    assert tab.shelf is not None
    qtbot.waitUntil(tab.shelf.tiles[0].hasFocus)
    QTest.keyClick(tab.shelf.tiles[0], Qt.Key.Key_Right)
    assert tab.shelf.tiles[1].hasFocus()
    QTest.keyClick(tab.shelf.tiles[1], Qt.Key.Key_Space)
    assert opened == [bundled()[1].entry.key]


def test_a_gallery_that_cannot_be_read_says_why(qtbot: QtBot) -> None:
    tab = GalleryTab(LIGHT)
    qtbot.addWidget(tab)
    tab.show_failure(refuse("gallery_format", "gallery.toml:1", found="2", known=1))
    assert any("gallery.toml:1" in label.text() for label in tab.findChildren(QLabel))


def test_the_run_that_it_trained_says_it_too(qtbot: QtBot) -> None:
    card, hot, other = LookCard(), named("too-hot"), experiment_from("nano")
    qtbot.addWidget(card)
    card.show_exhibit(hot, other)
    assert card.isHidden()
    seeded = msgspec.structs.replace(hot.experiment.training, seed=7)
    card.show_run(started(msgspec.structs.replace(hot.experiment, training=seeded)))
    assert not card.isHidden()
    card.show_run(started(other))
    assert card.isHidden()
    card.show_form(hot.experiment)
    assert not card.isHidden()
    card.show_run(None)
    assert not card.isHidden()
    card.show_form(other)
    assert card.isHidden()
