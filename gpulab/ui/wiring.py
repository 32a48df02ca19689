"""Which action does what, and which panel listens to which, in one list that can be read from top to bottom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices

from gpulab.spec.comparison import Question
from gpulab.spec.jobs import ASKS, OF_HARDWARE, OF_MACHINE, OF_PLAYGROUND, OF_RUNS, Kind
from gpulab.ui.finder import Finder
from gpulab.ui.handing_over.handing import Subject
from gpulab.ui.help.measuring import Measuring
from gpulab.ui.lab.trying import take_over
from gpulab.ui.page_wiring import compare_page, let_write, show_ceilings, show_gallery
from gpulab.ui.pages import COMPARE, LAB, TITLES
from gpulab.viewmodels.loading import with_weights

if TYPE_CHECKING:
    from gpulab.ui.main_window import MainWindow


def wire_panels(window: MainWindow) -> None:
    """Lets the panels know of each other; what happens to runs goes through `RunNews`."""
    session, queue, form = window.session, window.queue, window.form
    session.refused.connect(lambda _, problems: window.tell(problems))
    session.listed.connect(queue.begin)
    queue.added.connect(session.take_in)
    queue.started.connect(session.take_in)
    queue.refused.connect(window.tell)
    window.runs.renamed.connect(session.rename)
    window.runs.hovered.connect(window.charts.highlight)
    window.charts.show_me.connect(window.show_me)
    window.charts.told.connect(window.say)
    window.story.taken.connect(lambda card, wanted: take_over(form, card, wanted))
    window.story.chart_asked.connect(window.charts.bring_forward)
    form.undo_stack.indexChanged.connect(lambda _: window.story.settle())
    window.charts.ready.connect(lambda: _share_axes(window))
    window.files.run_dropped.connect(session.open_folder)
    window.files.bundle_dropped.connect(window.handing.open_bundle)
    window.handing.run_opened.connect(lambda folder: _show_run(window, folder))
    for came in (window.handing.comparison_opened, window.files.comparison_dropped):
        came.connect(lambda folder: compare_page(window).show_new(folder))
    window.deeds.subject = lambda: subject_of(window)
    window.pages.changed.connect(lambda _: window.deeds.refresh())
    for teller in (window.files, window.deeds, window.handing):
        teller.told.connect(window.say)
        teller.refused.connect(window.tell)
    window.files.path_changed.connect(lambda _: window.name_it())
    form.experiment_changed.connect(lambda _: window.name_it())
    form.set_run_source(lambda: with_weights(session.records.values()))


def wire_actions(window: MainWindow) -> None:
    """What each action does; the run's controls are wired by `RunDeeds`, help by `HelpMenu`."""
    deeds = {**_of_files(window), **_of_runs(window), **_of_finders(window), **_of_comparisons(window)}
    deeds |= _of_looks(window)
    for name, deed in deeds.items():
        window.actions_[name].triggered.connect(lambda _=False, deed=deed: deed())
    _wire_undo(window)


def _of_files(window: MainWindow) -> dict[str, Callable[[], object]]:
    files, session = window.files, window.session
    return {
        "open": files.ask_open,
        "save": files.save,
        "save_as": files.ask_save,
        "import_text": files.ask_text,
        "import_folder": files.ask_text_folder,
        "open_run": lambda: files.ask_run_folder(session.open_folder),
        "replay": lambda: files.ask_run_folder(session.replay),
        "report": window.handing.report,
        "pack": window.handing.pack,
        "unpack": window.handing.ask_bundle,
        "record": window.handing.record,
        "copy_command": window.handing.copy_command,
        "copy_form": window.handing.copy_form,
        "quit": window.close,
    }


def _of_runs(window: MainWindow) -> dict[str, Callable[[], object]]:
    runs, places = window.runs, window.places
    return {
        "show": lambda: window.visibility.set(runs.selection(), True),
        "hide": lambda: window.visibility.set(runs.selection(), False),
        "rename": runs.rename_current,
        "folder": lambda: _open_run_folder(window),
        "generate": lambda: _let_write(window),
        "export": lambda: _export(window),
        "delete": lambda: window.deeds.ask_delete(runs.selection()),
        "undelete": window.session.bin.restore,
        "runs": lambda: places.go_to(runs, runs.table),
        "queued": lambda: places.go_to(window.queue, window.queue.list),
        "show_me": window.show_me,
    }


def _of_finders(window: MainWindow) -> dict[str, Callable[[], object]]:
    finders, session = window.finders, window.session
    finders.changed.connect(window.deeds.refresh)
    finders.changed.connect(session.warm_again)
    window.form.faster_asked.connect(partial(finders.open, "tune"))

    def look(kind: Kind) -> None:
        if (run := session.current) is not None:
            finders.open(kind, run.folder, run.name)

    elsewhere = (*OF_PLAYGROUND, *OF_MACHINE, *OF_HARDWARE)
    return {kind: partial(look if kind in OF_RUNS else finders.open, kind) for kind in ASKS if kind not in elsewhere}


def _of_comparisons(window: MainWindow) -> dict[str, Callable[[], object]]:
    def ask(question: Question) -> None:
        compare_page(window).asked.emit(question)

    def compare_runs() -> None:
        runs = [window.session.records[run_id].folder for run_id in window.runs.selection()]
        window.pages.go(COMPARE)
        compare_page(window).runs_asked.emit(runs)

    window.form.compare_asked.connect(lambda name: compare_page(window).asked_about.emit("with_without", name))
    return {
        "compare_with": partial(ask, "with_without"),
        "compare_each": partial(ask, "one_at_a_time"),
        "compare_all": partial(ask, "all_combinations"),
        "compare_variants": partial(ask, "variants"),
        "compare_doses": partial(ask, "doses"),
        "compare_runs": compare_runs,
    }


def _of_looks(window: MainWindow) -> dict[str, Callable[[], object]]:
    actions = window.actions_
    return {
        "find": lambda: _find(window),
        "bench": lambda: _measure(window),
        "move_panels": lambda: window.places.free(actions["move_panels"].isChecked()),
        **{f"page_{name}": partial(window.pages.go, name) for name in TITLES},
        "ceilings": lambda: show_ceilings(window),
        "gallery": lambda: show_gallery(window),
        "theme": window.change_theme,
        "presenter": lambda: window.present(actions["presenter"].isChecked()),
        "full_screen": lambda: window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen),
        "log_x": lambda: _scale_axes(window),
        "log_y": lambda: _scale_axes(window),
        "device_strips": lambda: window.charts.set_strips(actions["device_strips"].isChecked()),
    }


def _show_run(window: MainWindow, folder: Path) -> None:
    window.pages.go(LAB)
    window.session.open_folder(folder)


def subject_of(window: MainWindow) -> Subject | None:
    """What is packed or copied: the comparison that is shown, else the selected run."""
    page = window.pages.shown
    if page is not None:
        return page.subject
    run = window.session.current
    if run is None:
        return None
    return Subject(run.folder, run.name, 1 if run.state == "done" and not run.replayed else 0)


def _wire_undo(window: MainWindow) -> None:
    stack, undo, redo = window.form.undo_stack, window.actions_["undo"], window.actions_["redo"]
    undo.triggered.connect(stack.undo)
    redo.triggered.connect(stack.redo)
    stack.canUndoChanged.connect(undo.setEnabled)
    stack.canRedoChanged.connect(redo.setEnabled)
    stack.undoTextChanged.connect(window.name_undo)
    undo.setEnabled(False)
    redo.setEnabled(False)


def _open_run_folder(window: MainWindow) -> None:
    if (run := window.session.current) is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.folder)))


def _let_write(window: MainWindow) -> None:
    if (subject := subject_of(window)) is not None:
        let_write(window, subject.folder)


def _export(window: MainWindow) -> None:
    if (subject := subject_of(window)) is not None:
        window.handing.export(subject.folder)


def _find(window: MainWindow) -> None:
    finder = Finder(window.form.settings(), list(window.actions_), window)
    finder.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    finder.setting_chosen.connect(lambda path: _focus_setting(window, path))
    finder.show_at(window)


def _measure(window: MainWindow) -> None:
    if window.deeds.busy:
        window.say(window.tr("A training is at work: measuring beside it would spoil both."))
    else:
        Measuring(window).show()


def _focus_setting(window: MainWindow, path: str) -> None:
    window.places.experiment.show()
    window.form.focus_setting(path)


def _share_axes(window: MainWindow) -> None:
    """The menu and the charts' own buttons show one state."""
    _scale_axes(window)
    window.actions_["device_strips"].setChecked(window.charts.strips_wanted)
    if window.charts.grid is not None:
        window.charts.grid.log_changed.connect(lambda x, y: _tick_axes(window, x, y))


def _tick_axes(window: MainWindow, x: bool, y: bool) -> None:
    window.actions_["log_x"].setChecked(x)
    window.actions_["log_y"].setChecked(y)


def _scale_axes(window: MainWindow) -> None:
    if window.charts.grid is not None:
        window.charts.grid.set_log(window.actions_["log_x"].isChecked(), window.actions_["log_y"].isChecked())
