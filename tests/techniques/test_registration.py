"""A technique is one file and one line: written here, listed, and then found by everything that shows or runs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pytest
from pytestqt.qtbot import QtBot

from gpulab import cli, techniques
from gpulab.cli import describe
from gpulab.events.documents import RunStarted
from gpulab.spec.decode import decode, encode
from gpulab.spec.experiment import Settings
from gpulab.spec.files import load, save
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from tests.engine.support import ended, losses, run, tiny
from tests.ui.form_hand import row, shown_panel

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState


class HalvingSettings(Settings, frozen=True):
    factor: Annotated[float, about("Factor", "What gradients are multiplied by.", low=0.0, high=1.0)] = 0.5


class Halving(Technique):
    name = "halving"
    card = "A12"
    label = "Halved gradients"
    summary = "Halves every gradient."
    promise = "Nothing but a proof."
    risk = "Slower learning."
    sources = ("This test",)
    Settings = HalvingSettings

    def after_backward(self, state: TrainingState) -> None:
        for parameter in state.model.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(self.settings.factor)


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line, as `gpulab.techniques` would have it."""
    monkeypatch.setitem(techniques.BY_NAME, Halving.name, Halving)
    monkeypatch.setitem(techniques.REGISTRY, Halving.name, Halving.Settings)


def test_the_experiment_file_holds_it(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"halving": {"factor": 0.25}})
    save(experiment, tmp_path / "it.toml")
    assert load(tmp_path / "it.toml", techniques.REGISTRY) == experiment
    table = encode(experiment)
    table["techniques"]["halving"]["factor"] = 2.0
    with pytest.raises(BadInput, match=r"techniques\.halving\.factor"):
        decode(table, techniques.REGISTRY)


def test_the_form_shows_it(qtbot: QtBot) -> None:
    panel = shown_panel(qtbot)
    factor = row(panel, "techniques.halving.factor")
    assert factor.field.isVisibleTo(panel)
    assert panel.experiment().techniques["halving"] == HalvingSettings()


def test_describe_tells_it() -> None:
    told = describe.as_tables()["techniques"]
    assert any(one["name"] == "halving" and one["settings"][0]["default"] == 0.5 for one in told)


def test_a_run_uses_it_and_says_so(tmp_path: Path) -> None:
    without = run(tmp_path / "without", tiny(tmp_path, optimizer="sgd"))
    documents = run(tmp_path / "with", tiny(tmp_path, {"halving": {}}, optimizer="sgd"))
    assert isinstance(documents[0], RunStarted)
    assert documents[0].technique_order == ("halving",)
    assert ended(documents).status == "done"
    assert losses(documents)[1] == losses(without)[1]
    assert losses(documents)[12] != losses(without)[12]


def test_the_command_line_sets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPULAB_HOME", str(tmp_path / "home"))
    save(tiny(tmp_path), tmp_path / "it.toml")
    elsewhere = cli.Elsewhere._make(lambda *_: 0 for _ in cli.Elsewhere._fields)
    add = ["queue", "add", str(tmp_path / "it.toml"), "--set"]
    assert cli.main([*add, "techniques.halving.factor=0.25"], elsewhere) == 0
    (queued,) = (tmp_path / "home").rglob("*.toml")
    assert load(queued, techniques.REGISTRY).techniques["halving"] == HalvingSettings(factor=0.25)
    assert cli.main([*add, "techniques.halving.factor=2"], elsewhere) == 2
