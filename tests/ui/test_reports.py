"""A report leaves the window as a file, of the selected run or of the comparison that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from gpulab.report.writing import FORMATS, Format
from gpulab.ui.background import Background
from gpulab.ui.handing_over.reporting import KINDS, ask_report, write_report
from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import compare_page
from tests.report.made import comparison_in, experiment, run_in, summary
from tests.ui.window import until, window_on

BEGINS: dict[Format, bytes] = {"html": b"<!doctype html>", "pdf": b"%PDF-", "csv": b"table,", "json": b"{"}


def exported(window: MainWindow, out: Path, qtbot: QtBot) -> None:
    """Chooses `out` in the dialog that the action opens."""
    window.actions_["report"].trigger()
    dialog = window.findChild(QFileDialog, "export_report")
    assert dialog is not None
    dialog.fileSelected.emit(str(out))
    dialog.reject()
    until(qtbot, out.exists)


def test_a_selected_run_is_exported(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    run_dir = run_in(root, experiment(), summary(2.0))
    with window_on(root, qtbot) as window:
        assert not window.actions_["report"].isEnabled()
        window.session.set_current(run_dir.name)
        window.deeds.refresh()
        exported(window, tmp_path / "run.html", qtbot)
        assert "Mine" in (tmp_path / "run.html").read_text()
        until(qtbot, lambda: "Wrote" in window.status.currentMessage())


def test_the_comparison_that_is_shown_is_exported(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    folder = comparison_in(root.parent / "comparisons")
    with window_on(root, qtbot) as window:
        compare_page(window).show_comparison(folder)
        window.pages.go("compare")
        until(qtbot, window.actions_["report"].isEnabled)
        exported(window, tmp_path / "found.csv", qtbot)
        assert b"label_smoothing" not in (tmp_path / "found.csv").read_bytes()
        assert b"with Quantization" in (tmp_path / "found.csv").read_bytes()


@pytest.mark.parametrize("kind", FORMATS)
def test_every_kind_is_written_in_the_background(kind: Format, qtbot: QtBot, tmp_path: Path) -> None:
    folder, background = comparison_in(tmp_path), Background()
    out = tmp_path / f"it.{kind}"
    out.write_text("agreed to be replaced")
    done: list[Path] = []
    background.run(lambda: write_report(folder, kind, out), done.append)
    until(qtbot, lambda: done)
    assert out.read_bytes().startswith(BEGINS[kind])
    background.leave()


def test_the_ending_decides_and_the_chosen_kind_otherwise(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    chosen: list[tuple[Format, str]] = []
    dialog = ask_report("mine", window, lambda kind, out: chosen.append((kind, out.name)))
    assert len(dialog.nameFilters()) == len(KINDS) == len(FORMATS)
    dialog.selectNameFilter(dialog.nameFilters()[1])
    dialog.filterSelected.emit(dialog.nameFilters()[1])
    assert dialog.defaultSuffix() == "pdf"
    for name in ("a", "a.json"):
        dialog.fileSelected.emit(f"/somewhere/{name}")
    assert chosen == [("pdf", "a"), ("json", "a.json")]
    dialog.reject()
