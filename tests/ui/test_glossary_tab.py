"""The glossary on the Learn page: found, read, walked through by keys, and where links from everywhere lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QWhatsThisClickedEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from gpulab.spec.decode import all_settings
from gpulab.techniques import REGISTRY
from gpulab.ui.help.terms import TermCard
from gpulab.ui.learn import LearnPage
from gpulab.ui.learn.glossary_tab import GlossaryTab
from gpulab.ui.theme import DARK, LIGHT
from gpulab.viewmodels.cards import families
from gpulab.viewmodels.glossary import glossary
from tests.ui.window import window_on


@pytest.fixture
def tab(qtbot: QtBot) -> GlossaryTab:
    made = GlossaryTab(all_settings(REGISTRY), LIGHT)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    made.activateWindow()
    return made


def listed(tab: GlossaryTab) -> list[str]:
    return [tab.list.item(row).text() for row in range(tab.list.count())]


def words_of(tab: GlossaryTab) -> str:
    return "\n".join(label.text() for label in tab.room.findChildren(QLabel))


def test_every_term_stands_there_in_order(tab: GlossaryTab) -> None:
    assert len(listed(tab)) == len(glossary().terms)
    assert listed(tab) == sorted(listed(tab), key=str.casefold)
    assert tab.term == next(iter(glossary().terms.values()))


def test_terms_are_found_by_name_first_and_by_what_is_said_of_them(tab: GlossaryTab) -> None:
    tab.line.setText("loss")
    assert listed(tab)[0] == "Loss"
    assert len(listed(tab)) > 1
    tab.line.setText("circuits")
    assert listed(tab) == ["FPGA (left to others)"]
    assert glossary().terms["fpga"].text in words_of(tab)


def test_nothing_found_says_so(tab: GlossaryTab) -> None:
    tab.line.setText("xyzzy")
    assert listed(tab) == []
    assert tab.term is None
    assert "Nothing found for “xyzzy”" in words_of(tab)
    tab.set_theme(DARK, 1.55)
    assert "Nothing found for “xyzzy”" in words_of(tab)
    QTest.keyClick(tab.line, Qt.Key.Key_Escape)
    assert len(listed(tab)) == len(glossary().terms)


def test_a_term_is_told_in_full_with_its_neighbours(tab: GlossaryTab) -> None:
    tab.line.setText("xyzzy")
    tab.show_term("quantization")
    term = glossary().terms["quantization"]
    assert tab.line.text() == ""
    assert tab.list.currentItem().text() == term.name
    assert {term.name, term.text, term.here} <= set(words_of(tab).split("\n"))
    assert tab.shown is not None
    assert tab.shown.near is not None
    assert [tile.told.key for tile in tab.shown.near.tiles] == list(term.see)
    QTest.keyClick(tab.shown.near.tiles[0], Qt.Key.Key_Return)
    assert tab.term is not None
    assert tab.term.key == term.see[0]
    assert tab.list.hasFocus()


def test_what_is_left_to_others_is_marked(tab: GlossaryTab) -> None:
    tab.show_term("tensorflow")
    assert "left to others" in words_of(tab)
    tab.show_term("pytorch")
    assert "left to others" not in words_of(tab).casefold()


def test_the_keys_go_from_the_line_to_what_it_found_and_on(tab: GlossaryTab) -> None:
    tab.line.setFocus()
    QTest.keyClicks(tab.line, "loss")
    QTest.keyClick(tab.line, Qt.Key.Key_Down)
    assert tab.list.hasFocus()
    QTest.keyClick(tab.list, Qt.Key.Key_Down)
    assert tab.list.currentRow() == 1
    assert tab.term is not None
    assert tab.term.key != "loss"


def test_every_card_that_a_term_belongs_to_holds_techniques() -> None:
    cards = {family.key for family in families(all_settings(REGISTRY)) if family.members}
    named = {term.card for term in glossary().terms.values() if term.card}
    assert named <= cards
    assert len(named) > 10


def test_a_term_leads_to_its_techniques(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["page_learn"].trigger()
        page = window.pages.shown
        assert isinstance(page, LearnPage)
        page.show_term("quantization")
        assert page.tabs.currentWidget() is page.glossary
        assert page.glossary.shown is not None
        assert page.glossary.shown.button is not None
        page.glossary.shown.button.click()
        assert page.tabs.currentWidget() is page.techniques
        assert "quantization" in {tile.card.name for tile in page.techniques.cards}


def test_links_from_everywhere_lead_here(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        assert QApplication.sendEvent(window.form, QWhatsThisClickedEvent("term:perplexity"))
        page = window.pages.shown
        assert isinstance(page, LearnPage)
        assert page.glossary.term == glossary().terms["perplexity"]
        window.actions_["page_lab"].trigger()
        words = window.story.now.words
        words.setText("The loss falls.")
        words.linkActivated.emit("term:loss")
        (card,) = words.findChildren(TermCard)
        card.see.linkActivated.emit("page:loss")
        assert window.pages.shown is page
        assert page.glossary.term == glossary().terms["loss"]
        assert page.glossary.list.hasFocus()


def test_a_lesson_that_is_open_stays_open(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["page_learn"].trigger()
        page = window.pages.shown
        assert isinstance(page, LearnPage)
        page.stack.setCurrentWidget(page.player)
        window.actions_["page_lab"].trigger()
        QApplication.sendEvent(window.form, QWhatsThisClickedEvent("term:perplexity"))
        assert window.pages.current == "lab"
        assert page.presenting
        assert "lesson is open" in window.status.currentMessage()
        page.stack.setCurrentWidget(page.tabs)
