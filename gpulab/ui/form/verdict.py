"""Promises and risks look the same wherever they stand, so that nobody takes one for the other."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gpulab.ui.theme import Theme, icon


class Verdict(QWidget):
    """A promise or a risk: told apart by picture, word and colour, never by colour alone. `html` is what it says.

    With `terms`, those of the glossary explain themselves: where there are few such lines, for Tab stops at each.
    """

    def __init__(
        self, word: str, html: str, severity: str, picture: str, parent: QWidget | None = None, terms: bool = False
    ) -> None:
        super().__init__(parent)
        self._word, self._said, self._severity, self._picture_name = word, html, severity, picture
        self._picture = QLabel(self)
        self.text = self._explaining() if terms else QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        if "<a " in html:  # else Tab would stop at every sentence
            flags = Qt.TextInteractionFlag
            self.text.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.text, 1)

    def set_theme(self, theme: Theme) -> None:
        """Redraws both."""
        colour = theme.severity(self._severity)
        side = self.text.fontMetrics().height()
        self._picture.setPixmap(
            icon(self._picture_name, theme, colour).pixmap(QSize(side, side), self.devicePixelRatioF())
        )
        self.text.setText(f'<span style="color:{colour}; font-weight:600">{escape(self._word)}</span> {self._said}')

    def _explaining(self) -> QLabel:
        from gpulab.ui.help.terms import TermLabel  # the form's first paint goes without

        return TermLabel(parent=self)
