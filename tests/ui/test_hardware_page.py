"""The Hardware page reads the machine while it is seen and only then, whatever its GPUs can tell."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

from PySide6.QtCore import QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gpulab.hardware.energy import EnergyMeter
from gpulab.hardware.machine import Machine, this_machine
from gpulab.hardware.monitor import Monitor
from gpulab.ui.hardware import HardwarePage, NowTab
from gpulab.ui.hardware.bars import Bars
from gpulab.ui.theme import DARK, LIGHT
from tests.hardware.nvml_recorded import RecordedNvml, h100, old_geforce
from tests.ui.window import until, window_on


def shown(qtbot: QtBot, nvml: RecordedNvml) -> tuple[HardwarePage, NowTab]:
    tab = NowTab(this_machine(), LIGHT, lambda: Monitor(nvml=nvml))
    tab.watch.set_rate(10.0)
    page = HardwarePage({"Now": tab})
    qtbot.addWidget(page)
    page.show()
    return page, tab


def spin(seconds: float) -> None:
    """Lets the window live, and the threads beside it: QTest's own waiting would starve them."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def test_the_page_reads_only_while_it_is_seen(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["page_hardware"].trigger()
        page = window.pages.shown
        assert isinstance(page, HardwarePage)
        tab = page.tabs.currentWidget()
        assert isinstance(tab, NowTab)
        until(qtbot, lambda: "cpu" in tab.sections["host"].cards if "host" in tab.sections else False)
        states = [tab.watch.running]
        for action in ("page_lab", "page_hardware"):
            window.actions_[action].trigger()
            states.append(tab.watch.running)
        assert states == [True, False, True]


def test_the_page_opens_in_the_window_and_nowhere_else(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["page_hardware"].trigger()
        assert window.isVisible()
        beside = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one is not window]
        assert beside == []


def test_two_gpus_have_their_gauges_and_what_one_does_not_tell_is_said(qtbot: QtBot) -> None:
    page, tab = shown(qtbot, RecordedNvml(h100(), old_geforce()))
    until(qtbot, lambda: {"host", 0, 1} <= set(tab.sections))
    assert tab.sections[0].title.text() == "GPU 0: NVIDIA H100 80GB HBM3"
    assert tab.sections[0].cards["power"].figure.text() == "698 W"
    assert "held down" in tab.sections[0].users.throttle.text()
    assert "31.1 GB" in tab.sections[0].users.programs[0].text()
    missing = tab.sections[1].cards["power"]
    assert "does not tell" in missing.why.text()
    assert missing.figure.isHidden()
    assert missing.strip.isHidden()
    page.set_theme(DARK, 1.55)
    assert tab.sections[0].cards["power"].figure.text() == "698 W"
    page.leave()


def test_a_gpu_that_goes_away_keeps_its_place_and_its_past_and_the_page_says_so(qtbot: QtBot) -> None:
    nvml = RecordedNvml(h100())
    page, tab = shown(qtbot, nvml)
    until(qtbot, lambda: 0 in tab.sections and tab.sections[0].cards["busy"].figure.text() == "97 %")
    nvml.gpus[0].lost = True
    until(qtbot, lambda: "does not answer" in tab.remarks.words)
    assert tab.sections[0].cards["busy"].figure.text() == "–"
    assert not tab.sections[0].cards["busy"].strip.isHidden()
    assert not tab.sections[0].state.isHidden()
    assert tab.sections[0].users.isHidden()
    page.leave()
    assert not tab.watch.running


def test_a_gpu_that_is_gone_at_the_next_visit_shows_no_old_figures(qtbot: QtBot) -> None:
    nvml = RecordedNvml(h100())
    page, tab = shown(qtbot, nvml)
    until(qtbot, lambda: 0 in tab.sections and tab.sections[0].cards["busy"].figure.text() == "97 %")
    page.hide()
    nvml.gpus.clear()
    page.show()
    until(qtbot, lambda: tab.sections[0].cards["busy"].figure.text() == "–")
    assert not tab.sections[0].state.isHidden()
    page.leave()


def test_who_leaves_the_page_does_not_wait_for_a_slow_driver_and_who_closes_the_window_does(qtbot: QtBot) -> None:
    asked = Event()

    def slowly() -> float:
        asked.set()
        time.sleep(0.5)
        return 698_412

    page, tab = shown(qtbot, RecordedNvml(h100(GetPowerUsage=slowly)))
    assert asked.wait(20.0)
    began = time.perf_counter()
    page.hide()
    page.show()
    page.hide()
    assert time.perf_counter() - began < 0.3
    assert not tab.watch.running
    page.leave()
    assert "watch of the machine" not in {thread.name for thread in enumerate_threads()}
    spin(0.1)
    assert not tab.sections, "what a former visit read late is told to nobody"


def test_ten_looks_a_second_are_ten(qtbot: QtBot) -> None:
    page, tab = shown(qtbot, RecordedNvml(h100()))
    looks: list[float] = []
    tab.watch.read.connect(lambda look: looks.append(look[0].at))
    until(qtbot, lambda: looks)
    spin(1.0)
    page.leave()
    passed = looks[-1] - looks[0]
    assert 5 <= (len(looks) - 1) / passed <= 10.5


def test_a_machine_without_a_gpu_fills_the_page(qtbot: QtBot) -> None:
    tab = NowTab(Machine("A processor", 64, 2**30), LIGHT, lambda: Monitor(present=lambda: False), EnergyMeter)
    page = HardwarePage({"Now": tab})
    qtbot.addWidget(page)
    page.resize(1280, 720)
    page.show()
    until(qtbot, lambda: "host" in tab.sections and "cores" in tab.sections["host"].cards)
    spin(0.1)
    assert tab.sections["host"].height() > 500
    assert "only the processor" in tab.remarks.words
    energy, memory = (tab.sections["host"].cards[key] for key in ("energy", "memory"))
    assert "counter of energy" in energy.why.text()
    assert energy.height() < memory.height() / 2
    page.leave()


def test_cards_are_of_equal_width_whatever_their_number(qtbot: QtBot) -> None:
    page, tab = shown(qtbot, RecordedNvml(h100(), old_geforce()))
    page.resize(1280, 720)
    until(qtbot, lambda: {"host", 0, 1} <= set(tab.sections))
    spin(0.1)
    widths = {card.width() for section in tab.sections.values() for card in section.cards.values()}
    assert max(widths) - min(widths) <= 1
    page.leave()


def test_pointing_at_a_strip_tells_the_value_at_that_time_in_all_of_them(qtbot: QtBot) -> None:
    page, tab = shown(qtbot, RecordedNvml(h100()))
    until(qtbot, lambda: 0 in tab.sections and tab.sections[0].cards["busy"].figure.text() == "97 %")
    power, clock = (tab.sections[0].cards[key].strip for key in ("power", "clock"))
    power.pointed.emit(1.0)
    assert power.mark_words == "698 W · now"
    assert clock.mark_words == "1755 MHz · now"
    power.pointed.emit(0.0)
    assert power.mark_words == "", "nothing was read two minutes ago"
    QTest.keyClick(power, Qt.Key.Key_Right)
    QTest.keyClick(power, Qt.Key.Key_Escape)
    power.pointed.emit(None)
    assert clock.mark_words == ""
    page.leave()


def test_energy_counts_from_zero_and_a_counter_goes_on_while_nobody_looks(qtbot: QtBot) -> None:
    gpu = h100()
    page, tab = shown(qtbot, RecordedNvml(gpu))
    until(qtbot, lambda: 0 in tab.sections and tab.sections[0].cards["energy"].figure.text() == "0 J")
    page.hide()
    gpu.answers["GetTotalEnergyConsumption"] = 7_000_000
    page.show()
    until(qtbot, lambda: tab.sections[0].cards["energy"].figure.text() == "2.00 kJ")
    assert tab.sections[0].cards["energy"].aside.text() == "counted by the GPU"
    tab.zero.click()
    until(qtbot, lambda: tab.sections[0].cards["energy"].figure.text() == "0 J")
    page.leave()


def test_bars_of_many_cores_stay_apart(qtbot: QtBot) -> None:
    bars = Bars(LIGHT)
    qtbot.addWidget(bars)
    bars.resize(280, 40)
    for cores in (1, 2, 64, 192):
        bars.show_percent([50.0] * cores)
        places = [bars.place(index) for index in range(cores)]
        assert all(place.width() >= 2.0 and place.height() >= 8.0 for place in places)
        assert all(QRectF(bars.rect()).contains(place) for place in places)
        assert not any(one.intersects(other) for one, other in pairwise(places))
    assert not bars.grab().isNull()
