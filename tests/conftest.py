"""What every test can rely on: no screen, no traces in the person's own folders, and nothing left running.

A test that leaves a thread, an active timer or a child process behind fails and is told which: what leaks in a test
leaks in the app too, and it disturbs whatever is measured next.
"""

from __future__ import annotations

import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # whatever the desktop says, and before anything imports Qt

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import tqdm

from tests.leaks import watched
from tests.xvfb import XDG_FOLDERS, running_display

hypothesis.settings.register_profile("calm", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("calm")

tqdm.tqdm.monitor_interval = 0  # or the first progress bar, a compiler's too, starts a thread that never ends


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Where Qt is not installed, as on a GPU server, its plugin's settings mean nothing, but must not be unknown."""
    if not pluginmanager.hasplugin("pytest-qt"):
        for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "a setting of pytest-qt")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders for settings, data and caches belong to the test alone, in its child processes too."""
    home = tmp_path_factory.mktemp("home")
    for name in XDG_FOLDERS:
        monkeypatch.setenv(name, str(home / name.lower()))
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QSettings

        # Qt looks for the folder once in a process: what one test's window remembers would greet the next one's.
        for kind in (QSettings.Format.IniFormat, QSettings.Format.NativeFormat):
            QSettings.setPath(kind, QSettings.Scope.UserScope, str(home / "xdg_config_home"))
    return home


@pytest.fixture(autouse=True)
def nothing_left_running(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Fails the test that leaves something behind."""
    with watched(monkeypatch, in_window=bool({"qtbot", "qapp"} & set(request.fixturenames))) as left_behind:
        yield
    assert not left_behind, "the test left behind: " + "; ".join(left_behind)


@pytest.fixture
def real_display(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment for a child process that opens real windows: an X server with a window manager.

    The test's own process stays offscreen, because Qt can have one platform only.
    """
    with running_display(tmp_path) as environment:
        yield environment
