"""What the machine does now: gauges of the processor and of every GPU, and who uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gpulab.hardware.machine import Machine
from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor
from gpulab.hardware.readings import GpuReading, Reading
from gpulab.spec.problem import Problem
from gpulab.ui.hardware.gauge_card import GaugeCard
from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.hardware.watch import Watch
from gpulab.ui.lab.words import capital, said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.figures import si
from gpulab.viewmodels.hardware.gauges import Gauge, Place, gpu_gauges, host_gauges
from gpulab.viewmodels.hardware.history import History
from gpulab.words import sentence

_RATES = (1.0, RATE_HZ, 5.0, MOST_HZ)
_RATE = "hardware/rate_hz"
_COLUMNS = 4
_MOST_PROCESSES = 6


class DeviceSection(QWidget):
    """One device: its name, its gauges side by side, and a line about what goes on there."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.title, self.remark = QLabel(), QLabel()
        self.title.setProperty("heading", True)
        self.remark.setWordWrap(True)
        self.remark.setTextFormat(Qt.TextFormat.PlainText)
        self.cards: dict[str, GaugeCard] = {}
        self._grid = QGridLayout()
        self._grid.setSpacing(10)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 8)
        whole.addWidget(self.title)
        whole.addLayout(self._grid)
        whole.addWidget(self.remark)

    def show_device(self, place: Place, title: str, gauges: Sequence[Gauge], past: History, remark: str) -> None:
        """What it reads now."""
        self.title.setText(title)
        for gauge in gauges:
            if gauge.key not in self.cards:
                card = self.cards[gauge.key] = GaugeCard(self._theme)
                at = len(self.cards) - 1
                self._grid.addWidget(card, at // _COLUMNS, at % _COLUMNS)
            self.cards[gauge.key].show_gauge(gauge, past.of(place, gauge.key))
        self.remark.setText(remark)
        self.remark.setVisible(bool(remark))

    def set_theme(self, theme: Theme) -> None:
        """Colours and size of type."""
        self._theme = theme
        for card in self.cards.values():
            card.set_theme(theme)


class NowTab(HardwareTab):
    """Reads the machine while it is seen, and only then. `make` makes what reads it."""

    def __init__(self, machine: Machine, theme: Theme, make: Callable[[], Monitor] = Monitor) -> None:
        super().__init__()
        self._machine, self._theme = machine, theme
        self.past = History()
        self.sections: dict[Place, DeviceSection] = {}
        self.watch = Watch(make, self)
        self.watch.read.connect(self._take)
        self.rates = QComboBox()
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("muted", True)
        self._devices = QVBoxLayout()
        self._controls = QWidget()
        self._lay_out()
        self._fill_rates()

    def _lay_out(self) -> None:
        label = QLabel(said("Read"))
        label.setBuddy(self.rates)
        controls = QHBoxLayout(self._controls)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.addWidget(self.note, 1)
        controls.addWidget(label)
        controls.addWidget(self.rates)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 4, 8, 4)
        column.addLayout(self._devices)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.addWidget(self._controls)
        whole.addWidget(scroll, 1)

    def _fill_rates(self) -> None:
        for rate in _RATES:
            words = said("once a second") if rate == 1.0 else said("{times} times a second").format(times=f"{rate:.0f}")
            self.rates.addItem(words, rate)
        kept = QSettings().value(_RATE, RATE_HZ, type=float)
        self.rates.setCurrentIndex(_RATES.index(kept) if kept in _RATES else _RATES.index(RATE_HZ))
        self.rates.setToolTip(said("How often the machine is read while this page is open. Nothing is read otherwise."))
        self.watch.set_rate(self.rates.currentData())
        self.rates.currentIndexChanged.connect(self._set_rate)

    def _set_rate(self) -> None:
        rate = self.rates.currentData()
        QSettings().setValue(_RATE, rate)
        self.watch.set_rate(rate)

    def come(self) -> None:
        self.watch.begin()

    def go(self) -> None:
        self.watch.end()

    def leave(self) -> None:
        self.watch.end()

    def set_calm(self, calm: bool) -> None:
        self._controls.setVisible(not calm)

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme = theme
        for section in self.sections.values():
            section.set_theme(theme)

    def _take(self, reading: Reading) -> None:
        host = host_gauges(reading.host)
        self.past.take(reading.at, "host", host)
        self._section("host").show_device("host", self._host_title(), host, self.past, "")
        for gpu in reading.gpus:
            gauges = gpu_gauges(gpu)
            self.past.take(reading.at, gpu.index, gauges)
            title = said("GPU {index}: {name}").format(index=gpu.index, name=gpu.name)
            self._section(gpu.index).show_device(gpu.index, title, gauges, self.past, _remark(gpu))
        for notice in reading.notices:
            self.note.setText(_words(notice))

    def _section(self, place: Place) -> DeviceSection:
        if place not in self.sections:
            self.sections[place] = DeviceSection(self._theme)
            self._devices.addWidget(self.sections[place])
        return self.sections[place]

    def _host_title(self) -> str:
        return said("{processor}, {cores} cores").format(processor=self._machine.processor, cores=self._machine.cores)


def _remark(gpu: GpuReading) -> str:
    """Why it is slowed down, and whose programs are on it."""
    lines = []
    if gpu.throttle:
        reasons = ", ".join(sentence(key, {}, said) for key in gpu.throttle)
        lines.append(said("Its clock is held down: {reasons}.").format(reasons=reasons))
    if gpu.processes:
        told = [_process(one.name, one.pid, one.memory_bytes) for one in gpu.processes[:_MOST_PROCESSES]]
        more = len(gpu.processes) - _MOST_PROCESSES
        told += [said("{count} more").format(count=more)] if more > 0 else []
        lines.append(said("On it: {processes}").format(processes=" · ".join(told)))
    elif gpu.processes is not None:
        lines.append(said("No program computes on it."))
    return "\n".join(lines)


def _process(name: str, pid: int, memory: int | None) -> str:
    who = f"{name} ({pid})" if name else str(pid)
    return f"{who} {si(memory, 'B')}" if memory is not None else who


def _words(notice: Problem) -> str:
    return capital(sentence(notice.key, notice.arguments, said))
