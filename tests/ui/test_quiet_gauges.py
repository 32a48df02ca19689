"""Looking at the machine costs little: only what is seen to move is painted and said anew."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from gpulab.ui.hardware.gauge_card import GaugeCard
from gpulab.ui.strip import Strip
from gpulab.ui.theme import LIGHT
from gpulab.viewmodels.hardware.gauges import Gauge
from gpulab.viewmodels.hardware.history import Point

GAUGE = Gauge("cpu", "Processor", "How busy it is.", 40.0, "40 %", 100.0)


class Counted(Strip):
    """Counts how often it asks to be painted."""

    asked = 0

    def update(self, *_: object) -> None:
        self.asked += 1


def points(newest: float) -> list[Point]:
    return [(0.0, 10.0, "10 %"), (1.0, newest, f"{newest:.0f} %")]


def test_a_strip_is_painted_where_something_moved_by_a_pixel(qtbot: QtBot) -> None:
    strip = Counted(LIGHT)
    qtbot.addWidget(strip)
    strip.resize(240, 50)  # 2 pixels a second
    strip.show_points(points(40.0), -119.0, 1.0, 100.0, "#112233")
    before = strip.asked
    strip.show_points(points(40.1), -118.9, 1.1, 100.0, "#112233")
    assert strip.asked == before
    assert strip.at(1.0) == (1.0, 40.1, "40 %")
    strip.show_points(points(60.0), -118.9, 1.1, 100.0, "#112233")
    strip.show_points(points(60.0), -117.9, 2.1, 100.0, "#112233")
    strip.show_points(points(60.0), -117.9, 2.1, 100.0, "#332211")
    assert strip.asked == before + 3


def test_equal_words_are_not_set_again(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    card, set_text, said = GaugeCard(LIGHT), QLabel.setText, list[str]()
    qtbot.addWidget(card)

    def noting(label: QLabel, words: str) -> None:
        said.append(words)
        set_text(label, words)

    monkeypatch.setattr(QLabel, "setText", noting)
    card.show_gauge(GAUGE, points(40.0), 1.0)
    assert said
    said.clear()
    card.show_gauge(GAUGE, points(40.0), 2.0)
    assert said == []
    card.show_gauge(msgspec.structs.replace(GAUGE, value=41.0, figure="41 %"), points(41.0), 3.0)
    assert card.figure.text() == "41 %"
    assert "41 %" in card.accessibleName()
