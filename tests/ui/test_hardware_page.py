"""The Hardware page reads the machine while it is seen and only then, whatever its GPUs can tell."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from gpulab.hardware.machine import this_machine
from gpulab.hardware.monitor import Monitor
from gpulab.ui.hardware import HardwarePage, NowTab
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


def test_the_page_reads_only_while_it_is_seen(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.actions_["page_hardware"].trigger()
        page = window.pages.shown
        assert isinstance(page, HardwarePage)
        tab = page.tabs.currentWidget()
        assert isinstance(tab, NowTab)
        until(qtbot, lambda: "cpu" in tab.sections["host"].cards if "host" in tab.sections else False)
        assert tab.watch.isRunning()
        window.actions_["page_lab"].trigger()
        assert not tab.watch.isRunning()
        window.actions_["page_hardware"].trigger()
        assert tab.watch.isRunning()


def test_two_gpus_have_their_gauges_and_what_one_does_not_tell_is_said(qtbot: QtBot) -> None:
    page, tab = shown(qtbot, RecordedNvml(h100(), old_geforce()))
    until(qtbot, lambda: {"host", 0, 1} <= set(tab.sections))
    assert tab.sections[0].title.text() == "GPU 0: NVIDIA H100 80GB HBM3"
    assert tab.sections[0].cards["power"].figure.text() == "698 W"
    assert "held down" in tab.sections[0].remark.text()
    assert "does not tell" in tab.sections[1].cards["power"].beside.text()
    page.set_theme(DARK, 1.55)
    assert tab.sections[0].cards["power"].figure.text() == "698 W"
    page.leave()


def test_a_gpu_that_goes_away_keeps_its_place_and_the_page_says_so(qtbot: QtBot) -> None:
    nvml = RecordedNvml(h100())
    page, tab = shown(qtbot, nvml)
    until(qtbot, lambda: 0 in tab.sections and tab.sections[0].cards["busy"].figure.text() == "97 %")
    nvml.gpus[0].lost = True
    until(qtbot, lambda: "does not answer" in tab.note.text())
    assert tab.sections[0].cards["busy"].figure.text() == "–"
    page.leave()
    assert not tab.watch.isRunning()
