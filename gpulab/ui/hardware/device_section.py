"""One device on the page: its name, its gauges side by side, and who uses it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gpulab.hardware.readings import GpuReading
from gpulab.ui.hardware.gauge_card import GaugeCard
from gpulab.ui.lab.words import SEVERITIES, capital, said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.figures import si
from gpulab.viewmodels.hardware.gauges import Gauge, Place, throttle_severity
from gpulab.viewmodels.hardware.history import History
from gpulab.words import sentence

_MOST_PROGRAMS = 8
_GAP = 10


class DeviceSection(QWidget):
    """Shows one device. `pointed` is that of its strips."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, columns: int) -> None:
        super().__init__()
        self._theme, self._columns, self._alone = theme, columns, False
        self._mute: set[str] = set()
        self.title, self.state = QLabel(), QLabel()
        self.title.setProperty("heading", True)
        self.state.hide()
        self.cards: dict[str, GaugeCard] = {}
        self.users, self._calm = Users(), False
        self._fillers: list[QWidget] = []
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addWidget(self.state)
        head.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 8)
        whole.addLayout(head)
        whole.addLayout(self._grid, 1)
        whole.addWidget(self.users)

    def set_columns(self, columns: int, alone: bool) -> None:
        """How many cards stand side by side; a device that is `alone` on the page fills it with what it can tell."""
        if (columns, alone) != (self._columns, self._alone):
            self._columns, self._alone = columns, alone
            self._arrange()

    @property
    def rows(self) -> int:
        """How many rows its cards take."""
        return max(1, -(-len(self.cards) // self._columns))

    def show_device(
        self,
        place: Place,
        title: str,
        gauges: Sequence[Gauge],
        past: History,
        now: float,
        gpu: GpuReading | None = None,
    ) -> None:
        """What it reads `now`."""
        gone = gpu is not None and gpu.gone
        self.title.setText(title)
        if gone == self.state.isHidden():
            self._say_gone(gone)
        fresh = [gauge.key for gauge in gauges if gauge.key not in self.cards]
        for key in fresh:
            self.cards[key] = GaugeCard(self._theme)
            self.cards[key].strip.pointed.connect(self.pointed)
        mute = {gauge.key for gauge in gauges if gauge.why and not gauge.pending}
        if fresh or mute != self._mute:
            self._mute = mute
            self._arrange()
        for gauge in gauges:
            self.cards[gauge.key].show_gauge(gauge, past.of(place, gauge.key), now, gone)
        self.users.setVisible(gpu is not None and not gone and not self._calm)
        if gpu is not None and not gone:
            self.users.show_users(gpu, self._columns)

    def set_calm(self, calm: bool) -> None:
        """Without the programs, for an audience."""
        self._calm = calm
        if calm:
            self.users.hide()

    def set_mark(self, share: float | None) -> None:
        """Marks the same time in every strip."""
        for card in self.cards.values():
            card.strip.set_mark(share)

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._theme = theme
        for card in self.cards.values():
            card.set_theme(theme)

    def _say_gone(self, gone: bool) -> None:
        mark, _ = SEVERITIES["danger"]
        self.state.setText(f"{mark} " + said("does not answer any more"))
        self.state.setProperty("severity", "danger")
        self.state.setVisible(gone)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _arrange(self) -> None:
        """Cells of equal width, those without a card too: an empty column would take less."""
        for filler in self._fillers:
            self._grid.removeWidget(filler)
            filler.deleteLater()
        mute = [card for key, card in self.cards.items() if self._alone and key in self._mute]
        cards = [card for card in self.cards.values() if card not in mute]
        left = -len(cards) % self._columns
        self._fillers = [] if self._alone else [QWidget() for _ in range(left)]
        for at, widget in enumerate((*cards, *self._fillers)):
            across = 1 + left if self._alone and at == len(cards) - 1 else 1
            self._grid.addWidget(widget, at // self._columns, at % self._columns, 1, across)
        rows = -(-len(cards) // self._columns)
        for row, card in enumerate(mute, rows):
            self._grid.addWidget(card, row, 0, 1, self._columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < self._columns))
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, int(row < rows))


class Users(QFrame):
    """Whose programs are on a GPU, and what holds its clock down."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("card", True)
        self.throttle, self.heading = QLabel(), QLabel()
        self.heading.setProperty("heading", True)
        self.programs: list[QLabel] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(4 * _GAP)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(12, 8, 12, 8)
        whole.setSpacing(4)
        whole.addWidget(self.throttle)
        whole.addWidget(self.heading)
        programs = QHBoxLayout()
        programs.addLayout(self._grid)
        programs.addStretch(1)
        whole.addLayout(programs)

    def show_users(self, gpu: GpuReading, columns: int) -> None:
        """What `gpu` tells of them, in at most that many columns."""
        reasons = gpu.throttle or ()
        mark, _ = SEVERITIES[throttle_severity(reasons) or "info"]
        named = ", ".join(sentence(key, {}, said) for key in reasons)
        self.throttle.setText(f"{mark} " + said("Its clock is held down: {reasons}.").format(reasons=named))
        self.throttle.setVisible(bool(reasons))
        self._say("severity", self.throttle, throttle_severity(reasons))
        lines = [_program(one.name, one.pid, one.memory_bytes) for one in (gpu.processes or ())[:_MOST_PROGRAMS]]
        more = len(gpu.processes or ()) - _MOST_PROGRAMS
        lines += [said("{count} more").format(count=more)] if more > 0 else []
        self.heading.setText(self._heading(gpu))
        self._say("muted", self.heading, not lines)
        for at in range(max(len(lines), len(self.programs))):
            self._put(at, lines[at] if at < len(lines) else "", columns)

    @staticmethod
    def _heading(gpu: GpuReading) -> str:
        if gpu.processes:
            return said("Programs on it")
        if gpu.processes is not None:
            return said("No program computes on it.")
        why = gpu.missing.get("processes", "")
        return said("Programs on it: {why}").format(why=capital(sentence(why, {}, said)) if why else said("not known"))

    @staticmethod
    def _say(name: str, label: QLabel, value: object) -> None:
        if label.property(name) != value:
            label.setProperty(name, value)
            label.style().unpolish(label)
            label.style().polish(label)

    def _put(self, at: int, words: str, columns: int) -> None:
        if at == len(self.programs):
            self.programs.append(QLabel())
            self.programs[at].setTextFormat(Qt.TextFormat.PlainText)
        label = self.programs[at]
        label.setText(words)
        label.setVisible(bool(words))
        self._grid.addWidget(label, at // columns, at % columns)


def _program(name: str, pid: int, memory: int | None) -> str:
    who = f"{name} ({pid})" if name else said("process {pid}").format(pid=pid)
    return f"{who}   {si(memory, 'B')}" if memory is not None else who
