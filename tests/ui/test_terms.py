"""Terms explain themselves where they stand: marked, reached by keys, told in full, with the glossary a link away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QWhatsThisClickedEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from gpulab.ui.help.terms import TermCard, TermLabel, explain_terms
from gpulab.ui.theme import DARK, LIGHT, apply
from gpulab.viewmodels.glossary import glossary

SENTENCE = "The loss falls, then the model knows its text by heart."


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    apply(qapp, LIGHT)
    yield qapp
    for widget in qapp.topLevelWidgets():
        if isinstance(widget, TermCard):
            widget.close()


def shown(qtbot: QtBot, text: str, format_: Qt.TextFormat = Qt.TextFormat.PlainText) -> TermLabel:
    label = TermLabel()
    qtbot.addWidget(label)
    label.setTextFormat(format_)
    label.setWordWrap(True)
    label.setText(text)
    label.resize(420, 60)
    label.show()
    return label


def card_over(label: QWidget) -> TermCard:
    (card,) = (one for one in label.findChildren(TermCard) if one.isVisible())
    return card


def pixels(image: QImage) -> list[list[int]]:
    return [[image.pixel(x, y) for x in range(image.width())] for y in range(image.height())]


def reaches_links(label: QLabel) -> bool:
    return bool(label.textInteractionFlags() & Qt.TextInteractionFlag.LinksAccessibleByKeyboard)


def test_terms_are_marked_and_the_text_stays_what_was_set(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, SENTENCE)
    assert label.terms() == ("loss",)
    assert label.text() == SENTENCE
    assert reaches_links(label)


def test_what_has_no_term_takes_no_keys(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, "Nothing of the kind.")
    assert label.terms() == ()
    assert not reaches_links(label)
    label.setText(SENTENCE)
    assert reaches_links(label)
    label.set_linking(False)
    assert label.terms() == ()
    assert not reaches_links(label)
    label.set_linking(True)
    assert label.terms() == ("loss",)


def test_plain_text_stays_plain(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, "loss <b>& more</b>")
    assert "&lt;b&gt;&amp; more&lt;/b&gt;" in QLabel.text(label)
    assert label.terms() == ("loss",)
    label.setTextFormat(Qt.TextFormat.RichText)
    assert "<b>& more</b>" in QLabel.text(label)
    assert label.text() == "loss <b>& more</b>"


def test_a_dotted_line_stands_below_the_word_and_nowhere_else(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, SENTENCE)
    with_line = pixels(label.grab().toImage())
    label.set_linking(False)
    without = pixels(label.grab().toImage())
    differ = [
        (x, y)
        for y, (one, other) in enumerate(zip(with_line, without, strict=True))
        for x, (first, second) in enumerate(zip(one, other, strict=True))
        if first != second
    ]
    assert differ
    left, right = min(x for x, _ in differ), max(x for x, _ in differ)
    before = label.fontMetrics().horizontalAdvance("The ")
    assert before - 3 <= left
    assert right <= before + label.fontMetrics().horizontalAdvance("loss") + 3
    assert max(y for _, y in differ) - min(y for _, y in differ) <= 2


def test_a_term_has_the_colour_of_the_text_around_it_in_every_theme(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, SENTENCE)
    assert LIGHT.text in QLabel.text(label)
    apply(themed, DARK)
    assert DARK.text in QLabel.text(label)
    assert label.terms() == ("loss",)


def test_a_term_is_told_by_keys_alone(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, SENTENCE)
    label.activateWindow()
    label.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(label.hasFocus)
    QTest.keyClick(label, Qt.Key.Key_Tab)
    QTest.keyClick(label, Qt.Key.Key_Return)
    card = card_over(label)
    loss = glossary().terms["loss"]
    assert (card.name.text(), card.meaning.text(), card.here.text()) == (loss.name, loss.text, loss.here)
    assert card.accessibleName() == "Term: Loss"
    QTest.keyClick(card, Qt.Key.Key_Escape)
    assert not label.findChildren(TermCard) or not card.isVisible()


def test_a_card_turns_to_its_neighbours(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, SENTENCE)
    label.linkActivated.emit("term:loss")
    card = card_over(label)
    near = glossary().terms["loss"].see[0]
    height = card.height()
    card.see.linkActivated.emit(f"term:{near}")
    assert card.term.key == near
    assert card.meaning.text() == glossary().terms[near].text
    assert card.height() != height or len(card.meaning.text()) == len(glossary().terms["loss"].text)


def test_other_links_are_handed_on(themed: QApplication, qtbot: QtBot) -> None:
    label = shown(qtbot, "See <a href='details'>details</a> of the loss.", Qt.TextFormat.RichText)
    pressed: list[str] = []
    label.link_pressed.connect(pressed.append)
    label.linkActivated.emit("details")
    label.linkActivated.emit("term:no_such_term")
    assert pressed == ["details"]
    assert not label.findChildren(TermCard)


class Listener(QObject):
    """Hears what a window is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWhatsThisClickedEvent):
            self.heard.append(event.href())
            return True
        return False


def test_the_glossary_is_asked_of_the_window_behind(themed: QApplication, qtbot: QtBot) -> None:
    window, listener = QWidget(), Listener()
    qtbot.addWidget(window)
    window.installEventFilter(listener)
    window.show()
    label = TermLabel(SENTENCE, window)
    label.show()
    label.linkActivated.emit("term:loss")
    card = card_over(label)
    assert "Open the glossary" in card.see.text()
    card.see.linkActivated.emit("page:loss")
    assert listener.heard == ["term:loss"]
    assert not card.isVisible()


def test_what_s_this_explains_the_terms_it_uses_once(qtbot: QtBot) -> None:
    told, silent = QWidget(), QWidget()
    for widget in (told, silent):
        qtbot.addWidget(widget)
    told.setWhatsThis("<b>How high the loss is.</b>")
    explain_terms([told, silent])
    once = told.whatsThis()
    assert '<a href="term:loss">Loss</a>' in once
    assert glossary().terms["loss"].text in once
    explain_terms([told, silent])
    assert told.whatsThis() == once
    assert silent.whatsThis() == ""
