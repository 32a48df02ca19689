"""The window around trainings: what is enabled, what is remembered, what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gpulab import app as gpulab_app
from gpulab.cli import Elsewhere
from gpulab.cli.parser import make_parser
from gpulab.spec import files
from gpulab.ui.main_window import MainWindow
from tests.ui.window import tiny, until, window_on

_THE_WINDOW_ITSELF = {"open"}
_FRESH = """
import sys
from pathlib import Path
from PySide6.QtTest import QTest
from gpulab import app
from gpulab.hardware.machine import this_machine
application = app.application()
window = app.make_window(application, Path(sys.argv[1]), this_machine())
assert "pyqtgraph" not in sys.modules, "the forms waited for the charts"
window.show()
while not window.stands or window.charts.grid is None:
    QTest.qWait(10)
window.leave()
print("torch" in sys.modules, "torchao" in sys.modules)
"""


def test_the_window_opens_without_torch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FRESH, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_every_verb_of_the_command_line_has_an_action(root: Path, qtbot: QtBot) -> None:
    def nobody(*_: object) -> int:
        raise AssertionError

    parser = make_parser(Elsewhere._make([nobody] * len(Elsewhere._fields)))
    verbs = next(action for action in parser._actions if action.choices and "run" in action.choices).choices
    with window_on(root, qtbot) as window:
        for verb in set(verbs or ()) - _THE_WINDOW_ITSELF:
            found = window.findChild(QAction, f"verb:{verb}")
            assert found is not None, verb
            assert in_a_menu(window, found), f"{verb} is in no menu"


def in_a_menu(window: MainWindow, action: QAction) -> bool:
    return any(action in menu.actions() for menu in window.menus.values())


def test_nothing_runs_at_first_and_controls_say_so(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        assert window.actions_["run"].isEnabled()
        for name in ("pause", "step", "profile", "stop", "resume", "delete"):
            assert not window.actions_[name].isEnabled(), name
        assert window.charts.button.isVisible()


def test_a_missing_text_starts_nothing_and_is_told_at_its_field(root: Path, qtbot: QtBot) -> None:
    experiment = tiny()
    data = msgspec.structs.replace(experiment.data, path=str(root / "none.txt"))
    with window_on(root, qtbot) as window:
        window.form.set_experiment(msgspec.structs.replace(experiment, data=data))
        window.actions_["run"].trigger()
        until(qtbot, window.form.problems)
        until(qtbot, lambda: window.actions_["run"].isEnabled() and not window.background.busy)
        assert not window.session.records
        assert window.findChild(QMessageBox) is None


def test_a_context_longer_than_the_text_is_refused_at_its_field(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    text = tmp_path / "short.txt"
    text.write_text("To be, or not to be. " * 20, encoding="utf-8")
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny())
        window.files.drop(text)
        assert window.form.experiment().data.path == str(text)
        window.actions_["run"].trigger()
        until(qtbot, lambda: "marked setting" in window.status.currentMessage())
        assert not window.session.records


def test_experiments_are_saved_and_dropped_files_open(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / f"mine{files.SUFFIX}"
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny("mine"))
        window.files.save_to(path)
        until(qtbot, path.exists)
        window.form.set_experiment(tiny("other"))
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        modifiers, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        drop = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, modifiers)
        window.dropEvent(drop)
        until(qtbot, lambda: window.form.experiment().name == "mine")
        assert window.files.path == path
        window.actions_["undo"].trigger()
        assert window.form.experiment().name == "other"


def test_a_damaged_experiment_is_explained_and_changes_nothing(root: Path, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / f"bad{files.SUFFIX}"
    path.write_text("[model\nn_layer = ", encoding="utf-8")
    with window_on(root, qtbot) as window:
        before = window.form.experiment()
        window.files.open(path)
        until(qtbot, lambda: window.findChild(QMessageBox, "error_dialog"))
        box = window.findChild(QMessageBox, "error_dialog")
        assert isinstance(box, QMessageBox)
        assert str(path) in box.text()
        assert "Nothing was started or changed" in box.informativeText()
        assert window.form.experiment() == before
        box.close()


def test_presenter_hides_what_an_audience_does_not_need(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        before = window.font().pointSizeF()
        window.actions_["presenter"].trigger()
        assert not window.form.isVisible()
        assert not window.runs.isVisible()
        assert window.story.isVisible()
        until(qtbot, lambda: window.story.font().pointSizeF() > 1.4 * before)
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert window.form.isVisible()


def test_a_chosen_colour_mode_and_layout_are_remembered(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.set_mode("dark")
        window.places.story.hide()
    assert gpulab_app.remembered_mode() == "dark"
    with window_on(root, qtbot) as window:
        assert window.places.story.isHidden()
        window.set_mode("light")


def test_show_me_is_one_step_that_can_be_taken_back(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        window.form.set_experiment(tiny("my own work"))
        mine, steps = window.form.experiment(), window.form.undo_stack.count()
        window.files.show_new(tiny("another"), "Show me")
        assert window.form.undo_stack.count() == steps + 1
        window.actions_["undo"].trigger()
        assert window.form.experiment() == mine


def test_rename_and_delete_have_their_keys_in_the_table_only(root: Path, qtbot: QtBot) -> None:
    with window_on(root, qtbot) as window:
        heard: list[str] = []
        for name, key in (("rename", Qt.Key.Key_F2), ("delete", Qt.Key.Key_Delete)):
            action = window.actions_[name]
            action.triggered.connect(lambda _=False, name=name: heard.append(name))
            action.setEnabled(True)
            window.form.focus_setting("name")
            field = window.focusWidget()
            assert field is not None
            QTest.keyClick(field, key)
            assert heard == []
            window.runs.table.setFocus()
            QTest.keyClick(window.runs.table, key)
            assert heard == [name]
            heard.clear()
