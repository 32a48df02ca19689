"""The real window in an X server of its own, by real mouse and keyboard events."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.xvfb
def test_a_person_trains_pauses_and_stops(real_display: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.ui.real_window", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=real_display, capture_output=True, text=True, timeout=150, check=False)
    assert done.stdout.strip() == "played", done.stderr
    assert (tmp_path / "window.png").stat().st_size > 20_000
