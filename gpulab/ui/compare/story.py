"""A comparison for an audience: one thing at a time in large type, gone through by the arrow keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QGridLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from gpulab.analysis import who_pays
from gpulab.analysis.saying import Saying
from gpulab.spec.comparison import Arm
from gpulab.ui.compare.curves import CurvesCard
from gpulab.ui.compare.doses import DosesCard
from gpulab.ui.compare.marks import Mark
from gpulab.ui.compare.paying import PayingCard
from gpulab.ui.compare.verdicts import outcome
from gpulab.ui.compare.words import TONES, change_line, open_line, question_of, saying, state_line
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.viewmodels.comparing.story import leading_rows

_HUGE, _LARGE = 2.3, 1.4
_MOST_ARMS = 4  # that a room can take in at once
_FEW_ARMS = 2  # whose changes have the room to be as large as their figures


class Story(QWidget):
    """Question, verdicts, three figures, curves, who pays: what there is of it, in this order."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._snapshot: Snapshot | None = None
        self._stack = QStackedWidget()
        self._place = QLabel()
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._place.setProperty("muted", True)
        self.curves, self.paying, self.doses = CurvesCard(theme), PayingCard(theme), DosesCard(theme)
        for box in (self.curves.keys, self.curves.axes):
            box.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack, 1)
        column.addWidget(self._place)
        self._words = QScrollArea()
        self._words.setWidgetResizable(True)
        self._words.setFrameShape(QScrollArea.Shape.NoFrame)
        self._words.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for page in (self._words, self.curves, self.paying, self.doses):
            self._stack.addWidget(page)
        self.at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(said("Presenter"))

    # --- what the page may ask ---

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Shows the item at hand of `snapshot`; from the beginning where it is of another comparison."""
        other = self._snapshot is None or self._snapshot.standing.folder != snapshot.standing.folder
        self._snapshot = snapshot
        self.at = 0 if other else min(self.at, len(self._items()) - 1)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Follows the window."""
        self._theme = theme
        for card in (self.curves, self.paying, self.doses):
            card.set_theme(theme)
        self._show()

    def step(self, way: int) -> None:
        """To the next item, or the one before."""
        if self._snapshot is not None:
            self.at = min(max(self.at + way, 0), len(self._items()) - 1)
            self._show()

    # --- items ---

    def _items(self) -> list[Callable[[Snapshot], None]]:
        snapshot = self._snapshot
        if snapshot is None:
            return []
        variants = snapshot.standing.comparison.arms[1:][:_MOST_ARMS]
        items: list[Callable[[Snapshot], None]] = [self._question]
        if snapshot.standing.comparison.dose:
            items.append(lambda s: self._card(s, self.doses))
        else:
            items += [partial(self._verdict, arm=arm) for arm in variants]
        items.append(self._figures)
        items.append(lambda s: self._card(s, self.curves))
        if any(who_pays.tellable(one.slices) for one in snapshot.found.extras.values()):
            items.append(lambda s: self._card(s, self.paying))
        return items

    def _show(self) -> None:
        items = self._items()
        if self._snapshot is None or not items:
            return
        items[self.at](self._snapshot)
        dots = " ".join("●" if number == self.at else "○" for number in range(len(items)))
        self._place.setText(said("{dots}   ← → go through them").format(dots=dots))
        self._place.setAccessibleName(said("{at} of {count}").format(at=self.at + 1, count=len(items)))

    def _card(self, snapshot: Snapshot, card: CurvesCard | PayingCard | DosesCard) -> None:
        card.show_snapshot(snapshot)
        instead = snapshot.wish.instead
        self.curves.title.setText(said("Training loss, by step") if instead else said("Validation loss, by step"))
        self._stack.setCurrentWidget(card)

    def _question(self, snapshot: Snapshot) -> None:
        arms = snapshot.standing.comparison.arms
        page, column = self._page()
        column.addWidget(_words(question_of(snapshot.standing), _HUGE, bold=True))
        for place, arm in enumerate(arms[:_MOST_ARMS]):
            column.addLayout(self._named(place, arm, baseline=place == 0))
        if len(arms) > _MOST_ARMS:
            column.addWidget(_words(said("and {count} more").format(count=len(arms) - _MOST_ARMS), 1.0, muted=True))
        column.addWidget(_words(state_line(snapshot.headline), 1.0, muted=True))
        column.addStretch(3)
        self._put(page)

    def _verdict(self, snapshot: Snapshot, arm: Arm) -> None:
        verdict, whole = snapshot.verdicts[arm.key], snapshot.wholes.get(arm.key, "too_few")
        mark, word, severity = outcome(verdict, whole)
        page, column = self._page()
        column.addLayout(self._named(snapshot.places[arm.key], arm))
        column.addWidget(_words(f"{mark} {said(word)}", _HUGE, bold=True, severity=severity))
        lines: tuple[tuple[str, Saying], ...] = (
            (said("Gain"), verdict.benefit),
            (said("Cost"), verdict.cost),
            (said("How sure"), verdict.confidence),
        )
        for title, of in lines:
            size = 1.0 if of is verdict.confidence else _LARGE
            column.addWidget(_words(f"<b>{escape(title)}:</b> {escape(saying(of))}", size))
        column.addStretch(3)
        self._put(page)

    def _figures(self, snapshot: Snapshot) -> None:
        """The three figures that say most, a column an arm."""
        page, column = self._page()
        arms = snapshot.standing.comparison.arms[:_MOST_ARMS]
        column.addWidget(_words(said("The figures that say most"), _LARGE, bold=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(18)
        for place, arm in enumerate(arms):
            grid.addLayout(self._named(place, arm), 0, place + 1)
            grid.setColumnStretch(place + 1, 1)
        beside = _LARGE if len(arms) <= _FEW_ARMS else 1.0
        nothing = said("not yet") if snapshot.headline.working else said("not measured")
        for number, row in enumerate(leading_rows(snapshot), 1):
            grid.addWidget(_words(said(row.metric.label), 1.0, bold=True), number, 0)
            for place in range(len(arms)):
                cell = row.cells[place]
                value = escape(cell.value).replace(" ", "&nbsp;") or nothing
                color = self._theme.severity(TONES[cell.tone][1]) if TONES[cell.tone][1] else self._theme.muted
                both = QVBoxLayout()
                both.setSpacing(2)
                both.addWidget(_words(f"<b>{value}</b>", _LARGE))
                if cell.change:
                    change = f"<span style='color:{color}'>{escape(change_line(cell))}</span>"
                    both.addWidget(_words(change, beside))
                both.addStretch()
                grid.addLayout(both, number, place + 1)
        column.addLayout(grid)
        least = snapshot.standing.comparison.rules.least_seeds
        column.addWidget(_words(open_line(snapshot.headline, least), 1.0, muted=True))
        column.addStretch(3)
        self._put(page)

    # --- parts ---

    def _page(self) -> tuple[QWidget, QVBoxLayout]:
        page = QWidget()
        page.setProperty("clear", True)
        column = QVBoxLayout(page)
        column.setContentsMargins(48, 12, 48, 12)
        column.setSpacing(20)
        column.addStretch(2)
        return page, column

    def _put(self, page: QWidget) -> None:
        old = self._words.takeWidget()
        if old is not None:
            old.deleteLater()
        self._words.setWidget(page)
        self._stack.setCurrentWidget(self._words)

    def _named(self, place: int, arm: Arm, baseline: bool = False) -> QGridLayout:
        line = QGridLayout()
        line.setHorizontalSpacing(10)
        name = said("{arm}: everything is measured against it").format(arm=arm.name) if baseline else arm.name
        line.addWidget(Mark(place, self._theme), 0, 0, Qt.AlignmentFlag.AlignTop)
        label = _words(name, 1.0)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        line.addWidget(label, 0, 1)
        line.setColumnStretch(1, 1)
        return line


def _words(text: str, size: float, *, bold: bool = False, muted: bool = False, severity: str = "") -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * size)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    label.setProperty("muted", muted)
    label.setProperty("severity", severity)
    return label
