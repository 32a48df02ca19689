"""Drives the main window through a real training where nobody can press its buttons, and leaves pictures of it."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from gpulab.spec.problem import Problem
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.ui.lab.words import said
from gpulab.ui.main_window import MainWindow
from gpulab.viewmodels.figures import figure
from gpulab.viewmodels.record import RunRecord

_SIZE = (1600, 1000)
_SETTLE_MS = 700  # curves and words follow a change within this time
_LOOK_MS = 200


class Demo(QObject):
    """Trains the default experiment, waits for the result, takes pictures in light, dark and presenter size."""

    def __init__(self, app: QApplication, window: MainWindow, out: Path) -> None:
        super().__init__(window)
        self._app, self._window, self._out = app, window, out
        self._failure = ""
        self._clock = QTimer(self, interval=_LOOK_MS)
        self._clock.timeout.connect(self._look)

    def run(self) -> int:
        """Returns 0 where the training was done, 1 where it was not."""
        self._out.mkdir(parents=True, exist_ok=True)
        window = self._window
        window.resize(*_SIZE)
        window.completed.connect(self._begin)
        window.show()
        self._app.exec()
        return self._report()

    def _begin(self) -> None:
        window = self._window
        window.session.refused.connect(lambda _, problems: self._refused(problems))
        window.deeds.refused.connect(self._refused)
        window.session.listed.connect(window.train_first)
        self._clock.start()

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._failure = " ".join(sentence_of(each) for each in problems)
        self._clock.stop()
        self._finish()

    def _look(self) -> None:
        """Goes on to the pictures once the run is over and everything about it was shown."""
        run = self._window.session.current
        if run is not None and run.ended is not None and not self._window.session.threads:
            self._clock.stop()
            QTimer.singleShot(_SETTLE_MS, self, lambda: self._picture("light"))

    def _picture(self, name: str) -> None:
        """Changes the looks, then takes the picture once they have settled; the next one follows."""
        window = self._window
        window.set_mode("light" if name == "light" else "dark", remember=False)
        window.present(name == "presenter")

        def take() -> None:
            window.grab().save(str(self._out / f"{name}.png"))
            following = {"light": "dark", "dark": "presenter"}.get(name)
            if following:
                self._picture(following)
            else:
                window.present(False)
                self._finish()

        QTimer.singleShot(_SETTLE_MS, self, take)

    def _finish(self) -> None:
        self._window.leave()
        self._app.quit()

    def _report(self) -> int:
        run = self._window.session.current
        if self._failure or run is None or run.state != "done":
            print(self._failure or said("The demo's training did not finish."), file=sys.stderr)
            return 1
        print(result_line(run))
        return 0


def result_line(run: RunRecord) -> str:
    """The run in one line: quality, size, speed; the compressed model beside the trained one."""
    summary = run.summary
    parts = [
        f"{run.name}: {said('{n} steps').format(n=summary['steps'])}",
        f"{summary['test_bits_per_byte']:.3f} {said('bits per byte of unseen text')}",
        f"{figure(summary['model_bytes'], 'bytes')}",
        f"{said('trained at')} {figure(summary['tokens_per_s'], 'rate')}",
    ]
    if compressed := summary.get("compressed"):
        sizes = f"{compressed['test_bits_per_byte']:.3f}, {figure(compressed['model_bytes'], 'bytes')}"
        parts.append(f"{said('compressed')}: {sizes}")
    return "; ".join(parts) + f". {run.folder}"
