"""A run leaves the window as a bundle and comes back from one; commands to type are put on the clipboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from gpulab.comparisons import folder as comparisons
from gpulab.comparisons import sealing
from gpulab.comparisons.bundle import pack
from gpulab.comparisons.manifest import LOCKED_SUFFIX, SUFFIX
from gpulab.comparisons.unpacking import check, is_locked
from gpulab.spec.presets import experiment_from
from gpulab.ui.background import Background
from gpulab.ui.handing_over.opening import OpenDialog
from gpulab.ui.handing_over.packing import PackDialog
from gpulab.ui.main_window import MainWindow
from gpulab.ui.page_wiring import compare_page
from tests.comparisons.bundles import comparison_in, run_in
from tests.ui.window import until, window_on

WORD = "correct horse"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "COST_LOG2", 4)


def test_a_run_is_packed_from_the_table_and_comes_back(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    run_dir = run_in(root)
    out = tmp_path / f"it{SUFFIX}"
    with window_on(root, qtbot) as window:
        until(qtbot, lambda: window.session.current is not None or window.session.records)
        window.session.set_current(run_dir.name)
        window.deeds.refresh()
        window.actions_["pack"].trigger()
        dialog = window.findChild(PackDialog)
        assert dialog is not None
        until(qtbot, dialog.pack.isEnabled)
        assert "before packing" in dialog.contents.text()
        assert not dialog.models.isVisible(), "there are no models to choose"
        dialog.pack.click()
        asked = dialog.findChild(QFileDialog)
        assert asked is not None
        asked.reject()
        dialog.pack_to(out)
        until(qtbot, out.exists)
        until(qtbot, lambda: "Packed 3 files" in dialog.status.text())
        assert not dialog.pack.isVisible()
        dialog.reject()

        drop(window, out)
        until(qtbot, lambda: len(window.session.records) == 2)
        until(qtbot, lambda: window.session.current is not None and window.session.current.run_id != run_dir.name)
        assert window.session.current is not None
        assert window.session.current.folder == root / f"{run_dir.name}-2"


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))


@pytest.fixture
def around(qtbot: QtBot) -> Iterator[tuple[Background, QWidget]]:
    """What a dialog needs around it."""
    made, parent = Background(), QWidget()
    qtbot.addWidget(parent)
    parent.show()
    yield made, parent
    made.leave()


def test_two_passphrases_must_agree(around: tuple[Background, QWidget], qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PackDialog(run_in(tmp_path), "mine", *around)
    dialog.open()
    until(qtbot, dialog.pack.isEnabled)
    dialog.lock.setChecked(True)
    assert not dialog.pack.isEnabled()
    assert dialog.fields.second is not None
    dialog.fields.first.setText(WORD)
    dialog.fields.second.setText("correct house")
    assert "differ" in dialog.status.text()
    assert not dialog.pack.isEnabled()
    QTest.keyClick(dialog.fields.second, Qt.Key.Key_Return)
    assert dialog.isVisible(), "Enter must not lose what was typed"
    dialog.fields.second.setText(WORD)
    assert dialog.status.text() == ""
    out = tmp_path / f"it{LOCKED_SUFFIX}"
    dialog.pack_to(out)
    until(qtbot, lambda: "locked" in dialog.status.text())
    assert is_locked(out)
    assert check(out, WORD).kind == "run"
    assert dialog.fields.first.text() == ""
    dialog.reject()


def test_what_cannot_be_packed_says_why_before_anything_is_asked(
    around: tuple[Background, QWidget], qtbot: QtBot, tmp_path: Path
) -> None:
    run_dir = run_in(tmp_path)
    (run_dir / "meta.json").unlink()
    (run_dir / "meta.json").symlink_to("/etc/passwd")
    dialog = PackDialog(run_dir, "mine", *around)
    dialog.open()
    until(qtbot, lambda: "is a link" in dialog.status.text())
    assert not dialog.pack.isEnabled()
    dialog.reject()


def test_a_locked_bundle_asks_until_the_passphrase_fits(
    around: tuple[Background, QWidget], qtbot: QtBot, tmp_path: Path
) -> None:
    bundle = pack(comparison_in(tmp_path), tmp_path / "it.gpulab.locked", passphrase=WORD).path
    dialog, opened = OpenDialog(bundle, tmp_path / "runs", *around), list[tuple[Path, bool]]()
    dialog.opened.connect(lambda *found: opened.append(found))
    dialog.open()
    until(qtbot, dialog.fields.isVisible)
    assert not dialog.open_button.isEnabled()
    dialog.fields.first.setText("wrong")
    dialog.open_button.click()
    until(qtbot, lambda: "cannot be told apart" in dialog.status.text())
    assert not opened
    dialog.fields.first.setText(WORD)
    dialog.open_button.click()
    until(qtbot, lambda: opened)
    ((folder, is_comparison),) = opened
    assert is_comparison
    assert comparisons.is_comparison(folder)


def test_a_bundle_that_was_altered_is_refused_in_words(
    around: tuple[Background, QWidget], qtbot: QtBot, tmp_path: Path
) -> None:
    bundle = pack(run_in(tmp_path), tmp_path / "it.zip").path
    bundle.write_bytes(bundle.read_bytes()[:-1])
    dialog = OpenDialog(bundle, tmp_path / "runs", *around)
    dialog.open()
    until(qtbot, lambda: "cut off or altered" in dialog.status.text())
    assert not (tmp_path / "runs").exists()
    dialog.reject()


def test_cancelling_leaves_nothing_behind(
    around: tuple[Background, QWidget], qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run_in(tmp_path / "there", samples=20_000)
    dialog = PackDialog(folder, "mine", *around)
    dialog.open()
    until(qtbot, dialog.pack.isEnabled)
    dialog.pack_to(tmp_path / "it.zip")
    dialog.reject()
    until(qtbot, lambda: not around[0].busy)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_closing_the_window_gives_up_what_is_half_packed(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    run_dir, out = run_in(root, samples=60_000), tmp_path / f"it{SUFFIX}"
    with window_on(root, qtbot) as window:
        window.session.set_current(run_dir.name)
        window.deeds.refresh()
        window.actions_["pack"].trigger()
        dialog = window.findChild(PackDialog)
        assert dialog is not None
        until(qtbot, dialog.pack.isEnabled)
        dialog.pack_to(out)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_comparison_opens_on_its_page_and_is_packed_from_there(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    folder = comparison_in(tmp_path / "elsewhere")
    bundle = pack(folder, tmp_path / f"it{SUFFIX}").path
    with window_on(root, qtbot) as window:
        assert not window.actions_["pack"].isEnabled()
        drop(window, bundle)
        until(qtbot, lambda: window.pages.current == "compare")
        until(qtbot, window.actions_["pack"].isEnabled)
        page = compare_page(window)
        assert page.folder == tmp_path / "comparisons" / folder.name
        window.actions_["pack"].trigger()
        dialog = window.findChild(PackDialog)
        assert dialog is not None
        assert dialog.heading.text() == "Mine against yours"
        until(qtbot, dialog.pack.isEnabled)
        dialog.reject()
        drop(window, folder)
        until(qtbot, lambda: page.folder == folder)


def test_commands_are_copied(root: Path, qtbot: QtBot) -> None:
    run_dir = run_in(root)
    with window_on(root, qtbot) as window:
        window.session.set_current(run_dir.name)
        window.deeds.refresh()
        clipboard = QApplication.clipboard()
        clipboard.clear()
        window.actions_["copy_command"].trigger()
        until(qtbot, clipboard.text)
        assert clipboard.text().startswith("gpulab init nano --out gpt-nano.gpulab.toml\ngpulab run gpt-nano")
        clipboard.clear()
        window.files.show_new(experiment_from("mini"), "")
        window.actions_["copy_form"].trigger()
        until(qtbot, clipboard.text)
        assert clipboard.text().startswith("gpulab init mini")
