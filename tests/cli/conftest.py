"""Tests of the command line call it as `main` would, in this process, with a home of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gpulab import cli
from gpulab.report.model import Report
from gpulab.spec.files import save
from gpulab.spec.presets import experiment_from


class Result(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Gpulab = Callable[..., Result]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def texts_are_prepared_once(own_folders: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second for each test otherwise; `tests/text` tests how texts are prepared."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Result:
    """What `gpulab run --json` said of a short training, whose folder must not be changed: copy it."""
    folder = tmp_path_factory.mktemp("finished")
    save(experiment_from("nano"), folder / "nano.toml")
    settings = ["training.steps=20", "training.eval_interval=10", "training.checkpoint_interval=10"]
    settings += ["evaluation.windows=2", "evaluation.sample_length=0"]
    overrides = [part for setting in settings for part in ("--set", setting)]
    command = [sys.executable, "-m", "gpulab", "run", str(folder / "nano.toml"), "--json", "--out", str(folder / "out")]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    ended = subprocess.run([*command, *overrides], capture_output=True, text=True, check=False, env=environment)
    return Result(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def called() -> list[tuple[str, object]]:
    """What was handed over to the window, its demo or the benchmarks."""
    return []


PAPER = b"%PDF-"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GPULAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def gpulab(home: Path, called: list[tuple[str, object]], capfd: pytest.CaptureFixture[str]) -> Gpulab:
    def note(name: str) -> Callable[..., int]:
        return lambda argument, *_: called.append((name, argument)) or 0  # type: ignore[func-returns-value]

    def printed(report: Report) -> bytes:
        called.append(("printed", report.title))
        return PAPER

    elsewhere = cli.Elsewhere._make([*map(note, cli.Elsewhere._fields[:-1]), printed])

    def run(*argv: str | Path) -> Result:
        capfd.readouterr()
        status = cli.main([str(argument) for argument in argv], elsewhere)
        return Result(status, *capfd.readouterr())

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The nano preset as an experiment file."""
    path = tmp_path / "nano.gpulab.toml"
    save(experiment_from("nano"), path)
    return path
