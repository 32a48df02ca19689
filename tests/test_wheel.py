"""The wheel alone must be a whole GPU Lab: installed far from the checkout, it finds its resources and runs the demo.

PyTorch and the other dependencies are not fetched again: the empty environment sees this one's through a .pth file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run([*PIP, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)], folder)
    return next(folder.glob("gpulab-*.whl"))


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of an environment into which the wheel was installed."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=False)
    names = {"base": str(home), "platbase": str(home)}
    python = Path(sysconfig.get_path("scripts", "venv", names), "python")
    _run([*PIP, "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel)], home)
    # Only now: pip must not take this environment's own GPU Lab for the installed one. A path in a .pth file brings
    # no other .pth files along, so the editable checkout stays out of sight.
    site_packages = Path(sysconfig.get_path("purelib", "venv", names))
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def test_the_wheel_carries_every_resource(wheel: Path) -> None:
    files = [path for path in (ROOT / "resources").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    expected = {f"gpulab/_{path.relative_to(ROOT).as_posix()}" for path in files}
    assert expected
    assert expected <= set(zipfile.ZipFile(wheel).namelist())


def test_resources_are_found_inside_the_installed_package(scripts: Path, tmp_path: Path) -> None:
    code = "import gpulab.resources as r; print(r.__file__); print(r.resource('icons', 'gpulab.svg').read_text()[:4])"
    place, icon = _run([str(scripts / "python"), "-c", code], tmp_path).split("\n")[:2]
    assert Path(place).is_relative_to(scripts.parent)
    assert icon == "<svg"


def test_the_demo_runs_from_the_installed_wheel(scripts: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    line = _run([str(scripts / "gpulab"), "demo", "--out", str(out), "--set", "training.steps=60"], tmp_path)
    assert len(line.strip().splitlines()) == 1
    assert list(out.rglob("*.png"))
    events = next(out.rglob("events.jsonl")).read_text(encoding="utf-8").splitlines()
    assert json.loads(events[-1])


def test_without_a_display_the_window_says_what_to_do_instead(scripts: Path, tmp_path: Path) -> None:
    for command in ([], ["open"]):
        result = _without_display([str(scripts / "gpulab"), *command], tmp_path)
        assert result.returncode == 2
        assert "gpulab demo --out DIR" in result.stderr


def _run(command: list[str], folder: Path) -> str:
    result = _without_display(command, folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _without_display(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    display = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in display}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
