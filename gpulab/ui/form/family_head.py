"""A folded family is one button that says what it is about and what of it is on."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QSizePolicy, QWidget

from gpulab.ui.form.words import words
from gpulab.ui.theme import Theme
from gpulab.ui.theme.pictures import Picture, has_picture
from gpulab.viewmodels.cards import Card, Family

_CORNER = 7.0
_LINES = 1.1
"""How high the drawing is, in lines of text."""
_CHEVRON = 10


class FamilyHead(QAbstractButton):
    """Drawing, title, how many are on, a chevron; below them what it is about.

    Not checkable: a screen reader would call a folded family off. `turned` tells that it was folded or unfolded.
    """

    turned = Signal(bool)

    def __init__(self, family: Family, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = family
        self._on: tuple[Card, ...] = ()
        self.unfolded = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(words(family.title))
        self.setToolTip(words(family.about))
        self.picture = Picture(self._drawing(), theme, _LINES, self)
        self.chip, self.line = QLabel(self), QLabel(self)
        self._lay_out()
        self.clicked.connect(lambda: self.unfold(not self.unfolded))
        self._tell()

    def unfold(self, unfold: bool = True) -> None:
        """Folds or unfolds."""
        if unfold != self.unfolded:
            self.unfolded = unfold
            self._tell()
            self.turned.emit(unfold)

    def show_on(self, on: Sequence[Card]) -> None:
        """Says which members are on."""
        if (now := tuple(on)) != self._on:
            self._on = now
            self._tell()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does what Space does; the right arrow unfolds and the left one folds."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.unfold(key == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the ground under the mouse, the ring of the keys and the chevron; the labels draw themselves."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        roles = QPalette.ColorRole
        room = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(self.palette().color(roles.Highlight), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
        if self.unfolded and not self.hasFocus():
            room.setBottom(room.bottom() + _CORNER)  # its ground goes on to the line above the first member
        raised = self.underMouse() or self.unfolded
        painter.setBrush(self.palette().color(roles.Button) if raised else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(room, _CORNER, _CORNER)
        pen = QPen(self.palette().color(roles.PlaceholderText), 1.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(self._chevron())

    def _chevron(self) -> list[QPointF]:
        title = self._title.geometry()
        x, y = self.width() - 15.0, title.top() + self.fontMetrics().height() / 2
        if self.unfolded:
            return [QPointF(x - 4, y - 2), QPointF(x, y + 2), QPointF(x + 4, y - 2)]
        return [QPointF(x - 2, y - 4), QPointF(x + 2, y), QPointF(x - 2, y + 4)]

    def _lay_out(self) -> None:
        self._title = QLabel(words(self._family.title), self)
        self._title.setProperty("heading", True)
        self._title.setWordWrap(True)
        self.chip.setProperty("chip", True)
        self.line.setProperty("muted", True)
        self.line.setWordWrap(True)
        for label in (self._title, self.chip, self.line):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 8, 10, 8)
        grid.setHorizontalSpacing(7)
        grid.setVerticalSpacing(3)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.picture, 0, 0, top)
        grid.addWidget(self._title, 0, 1)
        grid.addWidget(self.chip, 0, 2, top)
        grid.addWidget(self.line, 1, 0, 1, 4)
        grid.setColumnMinimumWidth(3, _CHEVRON)
        grid.setColumnStretch(1, 1)

    def _tell(self) -> None:
        """Which are on stands in the place of what it is about: one line is enough for a folded row."""
        names = ", ".join(words(card.label) for card in self._on)
        self.chip.setText(self.tr("{0} on").format(len(self._on)))
        self.chip.setVisible(bool(self._on))
        self.picture.show_picture(self._drawing())
        self.picture.setVisible(has_picture(self._drawing()))
        about = words(self._family.about if self.unfolded else self._family.first_sentence)
        says_more = names and not self.unfolded and names != self._title.text()
        self.line.setText(self.tr("On: {0}").format(names) if says_more else about)
        fold = self.tr("Unfolded.") if self.unfolded else self.tr("Folded.")
        on = self.tr("On: {0}.").format(names) if names else ""
        self.setAccessibleDescription(" ".join(filter(None, (fold, on, words(self._family.about)))))
        self.update()

    def _drawing(self) -> str:
        """That of the family itself, where it has one, else of the first member that is on, else of the first."""
        if has_picture(self._family.key):
            return self._family.key
        members = self._on or self._family.members
        return members[0].name if members else self._family.key
