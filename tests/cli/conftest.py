"""Tests of the command line call it as `main` would, in this process, with a home of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gpulab import cli
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


@pytest.fixture
def called() -> list[tuple[str, object]]:
    """What was handed over to the window, its demo or the benchmarks."""
    return []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GPULAB_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def gpulab(home: Path, called: list[tuple[str, object]], capfd: pytest.CaptureFixture[str]) -> Gpulab:
    def note(name: str) -> Callable[..., int]:
        return lambda argument, *_: called.append((name, argument)) or 0  # type: ignore[func-returns-value]

    elsewhere = cli.Elsewhere(*(note(name) for name in cli.Elsewhere._fields))

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
