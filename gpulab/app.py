"""The only place that wires windows to the rest: starts the application, or shows it in pictures where no screen is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QThread
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from gpulab.hardware.machine import Machine, this_machine
from gpulab.resources import resource
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from
from gpulab.spec.problem import refuse
from gpulab.ui.main_window import MainWindow
from gpulab.ui.theme import Mode, ThemeChoice, chosen_look
from gpulab.ui.theme.look import FUSION

if TYPE_CHECKING:
    from gpulab.report.model import Report


def main(argv: Sequence[str] = (), *, replay: Path | None = None, open_file: Path | None = None) -> int:
    """Opens the window; returns when it was closed. `replay` plays a recorded run, `open_file` opens an experiment.

    Raises BadInput `no_display` where there is none: Qt itself would abort the process.
    """
    if not has_display():
        raise refuse("no_display")
    app = application(argv)
    window = make_window(app, None, this_machine())
    sys.excepthook = reporter(window)
    end = ExitStack()

    def begin() -> None:
        from gpulab.runs.prewarming import Prewarmed

        warm = Prewarmed()
        end.callback(warm.close)
        window.session.keep_warm(warm)
        if open_file is not None:
            window.files.open(open_file)
        if replay is not None:
            window.session.replay(replay)

    window.completed.connect(begin)
    window.show()
    with end:
        return app.exec()


def has_display() -> bool:
    """Whether a window can open here: on Linux a display must be named, unless Qt is told to draw elsewhere."""
    if sys.platform != "linux":
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def reporter(window: MainWindow) -> Callable[..., None]:
    """What is done with a failure nobody expected: it is printed, and shown with details that can be copied."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        import traceback

        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        if QThread.currentThread() is window.thread():
            from gpulab.ui.lab.dialogs import tell
            from gpulab.ui.lab.words import said

            tell(
                window,
                said("Something went wrong in the window."),
                said("Trainings are not touched: each has a process of its own."),
                said("Try it again. If it happens again, send the details to the makers."),
                text,
            )

    return report


def application(argv: Sequence[str] = ()) -> QApplication:
    """The one application object, named so that settings find their place."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication([sys.argv[0], "-style", "fusion", *argv])
    app.setProperty(FUSION, True)
    app.setApplicationName("gpulab")
    app.setApplicationDisplayName("GPU Lab")
    app.setOrganizationName("gpulab")
    app.setDesktopFileName("gpulab")
    app.setWindowIcon(QIcon(str(resource("icons", "gpulab.svg"))))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    return app


def make_window(app: QApplication, root: Path | None, machine: Machine, shown: Experiment | None = None) -> MainWindow:
    """The main window on the runs below `root` (None: the person's own), in the colours that were chosen last.

    Show me trains `shown`, or the default experiment.
    """
    looks = chosen_look(app) or ThemeChoice(app, remembered_mode())
    return MainWindow(root, machine, looks, experiment_from("mini"), lambda: shown or default_experiment())


def remembered_mode() -> Mode:
    """Light, dark, or as the system; what was chosen last."""
    modes: dict[str, Mode] = {"light": "light", "dark": "dark", "system": "system"}
    return modes.get(str(QSettings().value("window/mode", "system", type=str)), "system")


def default_experiment() -> Experiment:
    """What Show me and the demo train: preset mini on Shakespeare, the finished model stored in 8 bits."""
    import msgspec

    from gpulab.techniques import BY_NAME  # here, because the first paint must not wait for the techniques
    from gpulab.viewmodels.naming import suggested_name

    quantization = BY_NAME["quantization"].Settings()
    experiment = msgspec.structs.replace(experiment_from("mini"), techniques={"quantization": quantization})
    return msgspec.structs.replace(experiment, name=suggested_name(experiment))


def printed(report: Report) -> bytes:
    """The report as a PDF. Qt sets the type, which takes an application but no screen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gpulab.ui import printing

    application()
    return printing.printed(report)


def demo(out: Path, change: Callable[[Experiment], Experiment] = lambda experiment: experiment) -> int:
    """Drives the main window without a screen through the default experiment, which `change` may rewrite.

    Leaves pictures and the run in `out`.
    """
    shown = change(default_experiment())
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # pictures need no screen, and must not open windows on one
    from gpulab.ui.demo import Demo

    app = application()
    window = make_window(app, out / "runs", this_machine(), shown)
    return Demo(app, window, out).run()
