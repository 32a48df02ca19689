"""What the menus do with a finished run's model: how far it can be compressed, let it write, export it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gpulab.lessons.recordings import recorded
from gpulab.ui.finding.plot import JobPlot
from gpulab.ui.page_wiring import playground_page
from tests.engine.support import run
from tests.report.made import comparison_in
from tests.ui.window import tiny, until, window_on

NAME = "20261123-120000-small-0000"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of one finished run."""
    root = tmp_path_factory.mktemp("finished") / "runs"
    root.mkdir()
    run(root / NAME, tiny("small", steps=10))
    return root


def test_how_far_it_can_be_compressed_is_marked(finished: Path, qtbot: QtBot) -> None:
    with window_on(finished, qtbot) as window:
        window.session.set_current(NAME)
        until(qtbot, window.actions_["doses"].isEnabled)
        window.actions_["doses"].trigger()
        dialog = window.finders.dialogs["doses"]
        for path, value in {"windows": 2, "values": "0.1 0.3 0.98"}.items():
            dialog.settings.edited.emit(path, value, False)
        QTest.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
        until(qtbot, lambda: not dialog.work.running)
        assert dialog.finding.state == "done", dialog.status.text()
        quality, size = dialog.charts.panels
        assert isinstance(quality, JobPlot)
        assert isinstance(size, JobPlot)
        assert [dialog.table.item(row, 0).text() for row in range(4)] == ["whole", "0.1", "0.3", "0.98"]  # type: ignore[union-attr]
        (plot, _) = dialog.finding.plots
        assert plot.marks  # type: ignore[union-attr]
        assert dialog.suggestions.labels
        dialog.close()


def test_a_finished_run_s_model_is_let_write_and_exported(finished: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(finished, qtbot) as window:
        window.session.set_current(NAME)
        until(qtbot, window.actions_["export"].isEnabled)
        said: list[str] = []
        window.handing.told.connect(said.append)
        window.actions_["export"].trigger()
        (dialog,) = window.findChildren(QFileDialog)
        assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
        dialog.close()
        run_dir = finished / NAME
        window.handing.export_to(run_dir, "final", tmp_path / "mine.safetensors")
        until(qtbot, lambda: said)
        assert "mine.json" in said[0]
        assert (tmp_path / "mine.safetensors").stat().st_size > (run_dir / "model.safetensors").stat().st_size
        window.actions_["generate"].trigger()
        page = playground_page(window)
        until(qtbot, lambda: page.asking.models[0])
        chosen = page.asking.models[0]
        assert chosen is not None
        assert chosen.run_dir == run_dir
        assert window.pages.current == "playground"


def test_what_was_measured_is_kept_as_a_recording(finished: Path, qtbot: QtBot, tmp_path: Path) -> None:
    with window_on(finished, qtbot) as window:
        assert not window.actions_["record"].isEnabled()
        window.session.set_current(NAME)
        until(qtbot, window.actions_["record"].isEnabled)
        window.actions_["record"].trigger()
        (dialog,) = window.findChildren(QFileDialog)
        dialog.setDirectory(str(tmp_path))
        dialog.selectFile("of-mine")
        said: list[str] = []
        refused: list[str] = []
        window.handing.told.connect(said.append)
        window.handing.refused.connect(lambda problems: refused.append(problems[0].key))
        dialog.accept()
        until(qtbot, lambda: said)
        assert str(tmp_path / "of-mine") in said[0]
        kept = recorded("of-mine", tmp_path)
        assert kept is not None
        assert kept.kind == "run"
        assert not list((tmp_path / "of-mine").rglob("*.safetensors")), "a recording holds no model"
        window.handing.record_as(finished / NAME, tmp_path / "of-mine")
        until(qtbot, lambda: refused)
        assert refused == ["recording_exists"]


def test_the_sides_of_a_comparison_write_and_are_exported(
    finished: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = comparison_in(tmp_path / "comparisons", seeds=(1,))
    for run_dir in (folder / "runs").iterdir():
        if run_dir.is_dir():
            shutil.copy(finished / NAME / "model.safetensors", run_dir)
    with window_on(tmp_path / "runs", qtbot) as window:
        window.actions_["page_compare"].trigger()
        until(qtbot, window.actions_["generate"].isEnabled)
        assert not window.actions_["export"].isEnabled(), "a comparison has several models"
        assert window.actions_["record"].isEnabled(), "its runs are finished"
        window.actions_["generate"].trigger()
        page = playground_page(window)
        until(qtbot, lambda: page.asking.models[0])
        assert page.asking.names == ("baseline", "with Quantization")
        exported: list[Path] = []
        monkeypatch.setattr(window.handing, "export", exported.append)
        until(qtbot, window.actions_["export"].isEnabled)
        window.actions_["export"].trigger()
        first = page.asking.models[0]
        assert first is not None
        assert exported == [first.run_dir]
        assert first.run_dir.parent == folder / "runs"
