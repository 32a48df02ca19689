"""The two commands must work on a machine that has nothing, and cost nothing on one that has everything.

The scripts run here with stand-ins for the programs that they call, so that no test changes the machine.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QPainterPath

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
EVERYTHING = subprocess.run(
    ["awk", "/^TABLE/ {exit} /<<TABLE/ {inside=1; next} inside {print $1}", "packaging/system-dependencies.sh"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()

Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Runs the script on a made-up machine: which libraries it has, who asks, and whether sudo lets them."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def run(*arguments: str, libraries: list[str], root: bool = False, sudo: bool = False, apt: bool = True) -> Result:
        listed = "".join(f"echo '\t{name} (libc6,x86-64) => /lib/{name}'\n" for name in libraries)
        calls = {"ldconfig": listed, "id": f"echo {0 if root else 1000}", "sudo": _SUDO if sudo else "exit 1"}
        calls |= {"uname": "echo Linux"} | ({"apt-get": 'echo "apt-get $*"'} if apt else {})
        for name, body in calls.items():
            (programs / name).write_text(f"#!/bin/sh\n{body}\n")
            (programs / name).chmod(0o755)
        for name in ("tr", "cat"):
            (programs / name).symlink_to(f"/usr/bin/{name}")
        script = (ROOT / "packaging" / "system-dependencies.sh").read_text(encoding="utf-8")
        isolated = script.replace("PATH=$PATH:/usr/sbin:/sbin", "")
        command = ["/bin/sh", "-c", isolated, "system-dependencies.sh", *arguments]
        return subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True, check=False)

    return run


Result = subprocess.CompletedProcess[str]
_SUDO = 'shift; [ "$1" = true ] || echo "as root: $*"'


def test_nothing_is_called_where_nothing_is_missing(machine: Machine) -> None:
    result = machine(libraries=EVERYTHING, root=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_root_installs_exactly_what_is_missing(machine: Machine) -> None:
    present = [name for name in EVERYTHING if name not in ("libEGL.so.1", "libxcb-icccm.so.4")]
    result = machine(libraries=present, root=True)
    assert result.returncode == 0
    assert result.stdout.splitlines()[1:] == [
        "apt-get update -qq",
        "apt-get install -y -qq --no-install-recommends libegl1 libxcb-icccm4",
    ]


def test_sudo_without_a_password_is_used(machine: Machine) -> None:
    result = machine(libraries=EVERYTHING[1:], sudo=True)
    assert "as root: apt-get install -y -qq --no-install-recommends libgl1" in result.stdout


def test_without_rights_the_exact_command_is_told(machine: Machine) -> None:
    result = machine(libraries=EVERYTHING[1:])
    assert result.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y libgl1\n" in result.stderr
    assert result.stdout == ""


def test_other_linuxes_are_told_what_is_missing(machine: Machine) -> None:
    result = machine(libraries=EVERYTHING[1:], apt=False)
    assert result.returncode == 0
    assert "libgl1" in result.stderr


def test_the_display_programs_are_asked_for_by_ci_alone(machine: Machine) -> None:
    assert "xvfb openbox xdotool wmctrl" in machine("--xvfb", libraries=EVERYTHING, root=True).stdout


def test_a_python_without_venv_gets_its_package(machine: Machine, tmp_path: Path) -> None:
    python = tmp_path / "debians-python"
    python.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *) echo python3.11-venv;; esac\n')
    python.chmod(0o755)
    assert "recommends python3.11-venv" in machine(str(python), libraries=EVERYTHING, root=True).stdout


def test_a_second_set_up_does_nothing(tmp_path: Path) -> None:
    """A finished set-up is recognized by its stamp; a changed pin makes it stale."""
    for name in ("pyproject.toml", "packaging/constraints.txt", "packaging/set-up.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    (tmp_path / "packaging" / "system-dependencies.sh").write_text("exit 0\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\ncase "$*" in *" pip install"*) echo "$*";; *) exec {sys.executable} "$@";; esac\n')
    python.chmod(0o755)

    def set_up() -> str:
        environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
        command = ["sh", "packaging/set-up.sh"]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    installs = [line for line in set_up().splitlines() if "pip install" in line]
    assert [line.rpartition("constraints.txt ")[2] for line in installs] == [
        "torch hatchling",
        "--no-build-isolation -e .[dev]",
    ]
    assert set_up() == ""
    with (tmp_path / "packaging" / "constraints.txt").open("a") as pins:
        pins.write("another==1\n")
    assert "pip install" in set_up()


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {_normal(line.partition("==")[0]) for line in CONSTRAINTS.splitlines() if "==" in line}
    assert {_normal(re.split(r"[<>=!]", name)[0]) for name in wanted} <= pinned
    assert "\ntorch==2.13.0\n" in CONSTRAINTS


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_this_pyside_keeps_its_references() -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to None in every void method, until the interpreter dies."""
    path = QPainterPath()
    before = sys.getrefcount(None)
    for _ in range(1000):
        path.moveTo(0, 0)
    assert sys.getrefcount(None) > before - 100


@pytest.mark.parametrize(
    ("path", "line", "rule"),
    [
        ("gpulab/viewmodels/x.py", "import torch", "TID253"),
        ("gpulab/techniques/x.py", "import torchao", "TID253"),
        ("gpulab/runs/x.py", "from PySide6.QtCore import QThread", "TID251"),
        ("gpulab/engine/x.py", "import pickle", "TID251"),
    ],
)
def test_a_forbidden_import_is_refused(path: str, line: str, rule: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--stdin-filename", path, "--output-format", "concise", "-"]
    result = subprocess.run(
        command, cwd=ROOT, input=f'"""."""\n\n{line}\n', capture_output=True, text=True, check=False
    )
    assert rule in result.stdout


@pytest.mark.xvfb
def test_the_system_packages_are_enough_for_a_real_window(real_display: dict[str, str]) -> None:
    code = (
        "from PySide6.QtWidgets import QApplication, QWidget\n"
        "app = QApplication([]); window = QWidget(); window.show(); app.processEvents()\n"
        "print(app.platformName(), window.isVisible())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=real_display, capture_output=True, text=True, check=False, timeout=60
    )
    assert result.stdout.split() == ["xcb", "True"], result.stderr
