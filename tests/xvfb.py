"""An X server of its own for a test of the real window."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

XDG_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


@contextmanager
def running_display(folder: Path) -> Iterator[dict[str, str]]:
    """Starts Xvfb and a window manager (without one Alt+F4 closes nothing); yields the environment to use them."""
    if not all(map(shutil.which, ("Xvfb", "openbox", "wmctrl"))):
        pytest.skip("needs Xvfb, openbox and wmctrl: sh packaging/system-dependencies.sh --xvfb")
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    with (folder / "xvfb.log").open("w") as log, _running(command, pass_fds=[write_end], stderr=log):
        os.close(write_end)
        with os.fdopen(read_end) as chosen:
            number = chosen.readline().strip()
        assert number, f"Xvfb did not start; see {log.name}"
        environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        with _running(["openbox"], env=environment, stderr=log):
            _wait_for_manager(environment)
            yield environment


@contextmanager
def _running(command: list[str], **options: Any) -> Iterator[None]:
    with subprocess.Popen(command, **options) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_for_manager(environment: dict[str, str]) -> None:
    """Windows that open before the manager is there are never managed."""
    deadline = time.monotonic() + 10
    while subprocess.run(["wmctrl", "-m"], env=environment, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, "the window manager did not start"
        time.sleep(0.05)
