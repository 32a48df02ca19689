"""The cards that the story column is made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from gpulab.events.documents import TextGenerated
from gpulab.ui.help.terms import TermLabel
from gpulab.ui.lab.words import FIGURES, SEVERITIES, said
from gpulab.viewmodels.story import Figure, Result, signed_percent


class Card(QFrame):
    """A titled box; hidden while it has nothing to say."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setAccessibleName(title)
        self.title = QLabel(title)
        self.title.setProperty("heading", True)
        self.inside = QVBoxLayout(self)
        self.inside.setContentsMargins(12, 10, 12, 12)
        self.inside.setSpacing(6)
        self.inside.addWidget(self.title)


class TextCard(Card):
    """A few sentences."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.words = TermLabel()
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.inside.addWidget(self.words)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Rich-text sentences, one paragraph each."""
        text = "".join(f"<p style='margin:0 0 5px 0'>{line}</p>" for line in lines)
        if text != self.words.text():
            self.words.setText(text)
        self.setVisible(bool(lines))


class NoticeCard(TextCard):
    """Something that happened, with its severity as a mark, a word and a colour."""

    def show_notice(self, severity: str, text: str) -> None:
        """`text` is plain."""
        mark, word = SEVERITIES[severity]
        heading = f"{mark} {said(word)}"
        if self.title.text() != heading:
            self.title.setText(heading)
            self.setAccessibleName(said(word))
            for widget in (self, self.title):
                widget.setProperty("severity", severity)
                widget.style().unpolish(widget)
                widget.style().polish(widget)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        if self.words.text() != text:
            self.words.setText(text)
        self.show()


class WritingCard(Card):
    """What the model writes, growing better as it learns; the slider goes back to earlier steps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(said("What it writes"), parent)
        self.when = QLabel()
        self.when.setProperty("muted", True)
        self.written = QLabel()
        self.written.setTextFormat(Qt.TextFormat.PlainText)
        self.written.setWordWrap(True)
        self.written.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.written.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.back = QSlider(Qt.Orientation.Horizontal)
        self.back.setAccessibleName(said("Earlier texts"))
        self.back.setToolTip(said("Drag left to see what it wrote earlier."))
        self.back.valueChanged.connect(self._show)
        head = QHBoxLayout()
        self.inside.removeWidget(self.title)
        head.addWidget(self.title)
        head.addStretch()
        head.addWidget(self.when)
        self.inside.addLayout(head)
        self.inside.addWidget(self.written)
        self.inside.addWidget(self.back)
        self._texts: Sequence[TextGenerated] = ()

    def set_type_size(self, points: float) -> None:
        """The size of the fixed-width type."""
        font = self.written.font()
        font.setPointSizeF(points)
        self.written.setFont(font)

    def show_texts(self, texts: Sequence[TextGenerated]) -> None:
        """Stays at the newest unless a person went back."""
        following = self.back.value() == self.back.maximum()
        self._texts = texts
        self.setVisible(bool(texts))
        self.back.setVisible(len(texts) > 1)
        self.back.blockSignals(True)
        self.back.setRange(0, max(0, len(texts) - 1))
        if following:
            self.back.setValue(self.back.maximum())
        self.back.blockSignals(False)
        self._show()

    def _show(self) -> None:
        if not self._texts:
            return
        text = self._texts[min(self.back.value(), len(self._texts) - 1)]
        when = said("compressed") if text.variant == "compressed" else said("step {step}").format(step=text.step)
        self.when.setText(when)
        body = (text.prompt + text.text).strip("\n")
        if body != self.written.text():
            self.written.setText(body)


class ResultCard(Card):
    """Quality, size and speed of the final model, the compressed one beside the uncompressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(said("Result"), parent)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0, 1)
        self.inside.addLayout(self._grid)
        self._shown: Result | None = None

    def show_result(self, result: Result | None) -> None:
        """Builds the rows anew where the result is another one."""
        self.setVisible(result is not None)
        if result is None or result == self._shown:
            return
        self._shown = result
        while (item := self._grid.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        if result.compressed:
            self._put(0, 1, said("trained"), muted=True)
            self._put(0, 2, said("compressed"), muted=True)
        for place, figure in enumerate(result.figures):
            self._show_figure(1 + 3 * place, figure, result.compressed)

    def _show_figure(self, row: int, figure: Figure, compressed: bool) -> None:
        """Name and figures on a line, their unit below in the whole width, then how they differ."""
        name, unit = FIGURES[figure.key]
        self._put(row, 0, f"<b>{said(name)}</b>", right=False)
        self._put(row, 1 if compressed else 2, f"<b>{figure.trained}</b>")
        self._put(row + 1, 0, said(unit), muted=True, right=False, span=3)
        if figure.compressed:
            self._put(row, 2, f"<b>{figure.compressed}</b>")
            self._change(row + 2, figure)

    def _put(
        self, row: int, column: int, text: str, *, muted: bool = False, right: bool = True, span: int = 1
    ) -> QLabel:
        label = QLabel(text)
        label.setProperty("muted", muted)
        label.setWordWrap(not right)
        if right:
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(label, row, column, 1, span)
        return label

    def _change(self, row: int, of: Figure) -> None:
        """An arrow, a sign, a word and a colour: none of them alone has to be seen."""
        change, better = of.change, of.better
        if change is None:
            return
        arrow = "=" if better is None else "▲" if change > 0 else "▼"
        word = said("the same") if better is None else said("better") if better else said("worse")
        text = f"{arrow} {signed_percent(change)} {word}"
        if of.once:
            about = said("≈ about the same (measured once)")
            text = about if better is None else said("{change} (measured once)").format(change=text)
        label = self._put(row, 0, text, span=3)
        if better is not None:
            label.setProperty("severity", "good" if better else "warning")
