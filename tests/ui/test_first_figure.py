"""How often a training is asked for news: soon until its first figure, 20 times a second from then on."""

from __future__ import annotations

import time

from pytestqt.qtbot import QtBot

from gpulab.events.control import Command
from gpulab.events.documents import AnyDocument, Sample
from gpulab.ui.training_thread import BATCH_INTERVAL_S, TrainingThread

WAITED = 10


class Asked:
    """Has its first figure when it is asked the tenth time, and is over some questions later."""

    problem = None

    def __init__(self) -> None:
        self.times: list[float] = []

    def begin(self) -> None: ...

    def order(self, command: Command) -> None: ...

    def poll(self) -> list[AnyDocument]:
        self.times.append(time.monotonic())
        return [Sample(step=0, tokens=0, seconds=0.0, values={"val_loss": 1.0})] if len(self.times) == WAITED else []

    @property
    def over(self) -> bool:
        return len(self.times) == WAITED + 4


def test_the_first_figure_is_looked_for_oftener(qtbot: QtBot) -> None:
    source = Asked()
    thread = TrainingThread("one", source)
    with qtbot.waitSignal(thread.finished, timeout=5000):
        thread.start()
    thread.wait()
    gaps = [after - before for before, after in zip(source.times, source.times[1:], strict=False)]
    assert min(gaps[: WAITED - 1]) < BATCH_INTERVAL_S / 2
    assert min(gaps[WAITED:]) > 0.9 * BATCH_INTERVAL_S
