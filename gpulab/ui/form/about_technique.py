"""Behind every card stands where its claims come from, so that an engineer can check them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from gpulab.ui.form.verdict import Verdict
from gpulab.ui.form.words import words
from gpulab.ui.theme import Theme
from gpulab.ui.theme.pictures import Picture, has_picture
from gpulab.viewmodels.cards import Card

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_WIDTH = 460
_LINES = 4.5
"""How high the drawing is, in lines of text."""


class AboutTechnique(QDialog):
    """One technique in full: what it does, buys and costs, its sources with links, what cannot be used here."""

    def __init__(self, card: Card, reasons: Sequence[str], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(words(card.label))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(10)
        if has_picture(card.name):
            column.addWidget(Picture(card.name, theme, _LINES, self))
        column.addWidget(_text(f"<h3>{escape(words(card.label))}</h3>{escape(words(card.summary))}"))
        buys = Verdict(self.tr("Buys"), escape(words(card.promise)), "good", "check", self)
        costs = Verdict(self.tr("Costs"), escape(words(card.risk)), "warning", "warning", self)
        for verdict in (buys, costs):
            verdict.set_theme(theme)
            column.addWidget(verdict)
        if reasons:
            column.addWidget(_text(_list(self.tr("On this machine"), [escape(reason) for reason in reasons])))
        self.sources = _text(_list(self.tr("Where this comes from"), [linked(source) for source in card.sources]))
        column.addWidget(self.sources)
        column.addStretch()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)


def linked(source: str) -> str:
    """A source as HTML, its arXiv number a link."""
    return _ARXIV.sub(r'<a href="https://arxiv.org/abs/\1">arXiv:\1</a>', escape(source))


def _list(title: str, lines: Sequence[str]) -> str:
    return f"<p><b>{escape(title)}</b></p>" + "".join(f'<p style="margin: 2px 0 2px 10px">{line}</p>' for line in lines)


def _text(html: str) -> QLabel:
    label = QLabel(html)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    label.setOpenExternalLinks(True)
    flags = Qt.TextInteractionFlag
    label.setTextInteractionFlags(
        flags.TextSelectableByMouse | flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard
    )
    return label
