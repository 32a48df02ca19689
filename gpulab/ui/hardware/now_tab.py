"""What the machine does now: gauges of the processor and of every GPU, and who uses them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from gpulab.hardware.energy import EnergyMeter, processor_meter
from gpulab.hardware.machine import Machine
from gpulab.hardware.monitor import MOST_HZ, RATE_HZ, Monitor
from gpulab.hardware.readings import FIGURES, GONE, GpuReading
from gpulab.ui.hardware.device_section import DeviceSection
from gpulab.ui.hardware.remarks_line import RemarksLine
from gpulab.ui.hardware.tab import HardwareTab
from gpulab.ui.hardware.watch import Look, Watch
from gpulab.ui.lab.words import said
from gpulab.ui.theme import Theme
from gpulab.viewmodels.hardware.energy import Drawn
from gpulab.viewmodels.hardware.gauges import Place, gpu_gauges, host_gauges
from gpulab.viewmodels.hardware.history import History
from gpulab.viewmodels.hardware.remarks import Remarks

_RATES = (1.0, RATE_HZ, 5.0, MOST_HZ)
_RATE = "hardware/rate_hz"
_COLUMNS, _COLUMNS_ALONE = 4, 2
_CARD_LETTERS = 34
"""How wide a card is at least, so that its figure and what it is part of stand side by side."""


class NowTab(HardwareTab):
    """Reads the machine while it is seen, and only then. `make` makes what reads it, `processor` counts its energy."""

    def __init__(
        self,
        machine: Machine,
        theme: Theme,
        make: Callable[[], Monitor] = Monitor,
        processor: Callable[[], EnergyMeter] = processor_meter,
    ) -> None:
        super().__init__()
        self._machine, self._theme, self._calm = machine, theme, False
        self.past, self._remarks = History(), Remarks()
        self.sections: dict[Place, DeviceSection] = {}
        self._gpus: dict[int, GpuReading] = {}
        self._drawn: dict[Place, Drawn] = {}
        self.watch = Watch(make, self, processor)
        self.watch.read.connect(self._take)
        self.rates, self.zero = QComboBox(), QPushButton(said("Energy to zero"))
        self.remarks = RemarksLine()
        self._devices = QVBoxLayout()
        self._controls = QWidget()
        self._lay_out()
        self._fill_rates()
        self.zero.setToolTip(said("Counts the energy of every device from now on."))
        self.zero.clicked.connect(self._set_to_zero)

    def _lay_out(self) -> None:
        span, label = QLabel(said("Each strip shows the last two minutes.")), QLabel(said("Read"))
        span.setProperty("muted", True)
        label.setBuddy(self.rates)
        controls = QHBoxLayout(self._controls)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.addWidget(span, 1)
        controls.addWidget(self.zero)
        controls.addSpacing(8)
        controls.addWidget(label)
        controls.addWidget(self.rates)
        inside = QWidget()
        inside.setLayout(self._devices)
        self._devices.setContentsMargins(0, 4, 0, 4)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.addWidget(self._controls)
        whole.addWidget(self.remarks)
        whole.addWidget(self._scroll, 1)

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

    def _set_to_zero(self) -> None:
        for drawn in self._drawn.values():
            drawn.zero()

    # --- what the page asks ---

    def come(self) -> None:
        self.watch.begin()

    def go(self) -> None:
        self.watch.end()
        for drawn in self._drawn.values():
            drawn.rest()

    def leave(self) -> None:
        self.watch.leave()

    def set_calm(self, calm: bool) -> None:
        self._calm = calm
        self._controls.setVisible(not calm)
        for section in self.sections.values():
            section.set_calm(calm)

    def set_theme(self, theme: Theme, scale: float) -> None:
        self._theme = theme
        for section in self.sections.values():
            section.set_theme(theme)
        self._share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many cards side by side as are readable."""
        super().resizeEvent(event)
        self._share_width()

    # --- what was read ---

    def _take(self, look: Look) -> None:
        reading, processor_j = look
        self.remarks.show_remarks(self._remarks.take(reading))
        energy = self._energy("host")
        energy.take(reading.at, "processor_counter" if processor_j is not None else "", processor_j)
        host = (*host_gauges(reading.host), energy.gauge("reading_processor_energy"))
        self.past.take(reading.at, "host", host)
        self._section("host").show_device("host", self._host_title(), host, self.past, reading.at, None)
        for gpu in (*reading.gpus, *self._missing(reading.gpus)):
            self._take_gpu(gpu, reading.at)
        for at, section in enumerate(self.sections.values()):
            self._devices.setStretch(at, section.rows)

    def _take_gpu(self, gpu: GpuReading, at: float) -> None:
        self._gpus[gpu.index] = gpu
        energy = self._energy(gpu.index)
        if gpu.energy_j is not None:
            energy.take(at, "gpu_counter", gpu.energy_j)
        elif gpu.power_w is not None and energy.source != "gpu_counter":
            energy.take(at, "gpu_power", gpu.power_w)
        else:
            energy.take(at, energy.source, None)
        gauges = (*gpu_gauges(gpu), energy.gauge(gpu.missing.get("power_w", "")))
        self.past.take(at, gpu.index, gauges)
        title = said("GPU {index}: {name}").format(index=gpu.index, name=gpu.name)
        self._section(gpu.index).show_device(gpu.index, title, gauges, self.past, at, gpu)

    def _missing(self, there: tuple[GpuReading, ...]) -> list[GpuReading]:
        """Those that were there at a former visit and are not now."""
        found = {gpu.index for gpu in there}
        gone = [gpu for index, gpu in self._gpus.items() if index not in found]
        return [GpuReading(gpu.index, gpu.name, gpu.uuid, missing=dict.fromkeys(FIGURES, GONE)) for gpu in gone]

    def _energy(self, place: Place) -> Drawn:
        return self._drawn.setdefault(place, Drawn())

    def _section(self, place: Place) -> DeviceSection:
        if place not in self.sections:
            section = self.sections[place] = DeviceSection(self._theme, self._columns)
            section.set_calm(self._calm)
            section.pointed.connect(self._point)
            self._devices.addWidget(section, 1)
            self._share_width()
        return self.sections[place]

    def _point(self, share: float | None) -> None:
        for section in self.sections.values():
            section.set_mark(share)

    @property
    def _alone(self) -> bool:
        """Whether there is only the processor, which then has the page to itself."""
        return len(self.sections) < 2 and not self._machine.gpus

    @property
    def _columns(self) -> int:
        most = _COLUMNS_ALONE if self._alone else _COLUMNS
        fit = self.width() // (_CARD_LETTERS * self.fontMetrics().averageCharWidth())
        return max(1, min(most, fit - fit % 2 if fit > 2 else fit))

    def _share_width(self) -> None:
        for section in self.sections.values():
            section.set_columns(self._columns, alone=self._alone)

    def _host_title(self) -> str:
        return said("{processor}, {cores} cores").format(processor=self._machine.processor, cores=self._machine.cores)
