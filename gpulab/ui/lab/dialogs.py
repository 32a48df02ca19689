"""Questions and bad news in words a person understands; none of them blocks the window's loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from gpulab.runs.trash import TRASH_DAYS
from gpulab.ui.lab.words import said
from gpulab.viewmodels.record import RunRecord

Role = QMessageBox.ButtonRole


@dataclass(frozen=True)
class Answer:
    """A button: its words, its role, what it does, its object name."""

    name: str
    words: str
    role: QMessageBox.ButtonRole
    deed: Callable[[], None] = lambda: None


_WHILE_IT_TRAINS_MS = 500


def ask(parent: QWidget, name: str, text: str, detail: str, answers: Sequence[Answer]) -> QMessageBox:
    """Opens a question. Esc and Enter take the answer whose role is to reject: nothing is lost by accident."""
    box = QMessageBox(QMessageBox.Icon.Question, said("GPU Lab"), text, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)  # what somebody called a run is no markup
    box.setObjectName(name)
    box.setInformativeText(detail)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    deeds: dict[str, Callable[[], None]] = {}
    for answer in answers:
        button = box.addButton(answer.words, answer.role)
        button.setObjectName(answer.name)
        deeds[answer.name] = answer.deed
        if answer.role == Role.RejectRole:
            box.setEscapeButton(button)
            box.setDefaultButton(button)
    box.buttonClicked.connect(lambda clicked: deeds[clicked.objectName()]())
    box.open()
    return box


def ask_to_stop(
    parent: QWidget, run: RunRecord, stop_and_save: Callable[[], None], stop: Callable[[], None]
) -> QMessageBox:
    """Continue, stop and save, or stop; says what is lost."""
    answers = (
        Answer("continue", said("Continue training"), Role.RejectRole),
        Answer("stop_and_save", said("Stop and save"), Role.AcceptRole, stop_and_save),
        Answer("stop", said("Stop"), Role.DestructiveRole, stop),
    )
    text = said("Stop training “{name}”?").format(name=run.name)
    box = ask(parent, "stop_dialog", text, _what_stopping_loses(run), answers)
    clock = QTimer(box, interval=_WHILE_IT_TRAINS_MS)  # the training goes on behind the question
    clock.timeout.connect(lambda: box.setInformativeText(_what_stopping_loses(run)))
    clock.start()
    return box


def _what_stopping_loses(run: RunRecord) -> str:
    saved = run.saved.step if run.saved else 0
    lost = run.step - saved
    detail = said("“Stop and save” keeps everything: the run can be resumed from step {step}.").format(step=run.step)
    if lost > 0:
        detail += "\n" + said("“Stop” throws away the {lost} steps since the last save, at step {saved}.").format(
            lost=lost, saved=saved
        )
    return detail


def ask_to_close(parent: QWidget, count: int, keep: Callable[[], None], stop: Callable[[], None]) -> QMessageBox:
    """What becomes of the training when the window closes."""
    text = (
        said("A training is still running.") if count == 1 else said("{n} trainings are still running.").format(n=count)
    )
    detail = said("It can go on without this window. The next start finds it and shows everything that happened.")
    answers = (
        Answer("keep", said("Keep training in the background"), Role.AcceptRole, keep),
        Answer("stop_and_save", said("Stop and save"), Role.DestructiveRole, stop),
        Answer("cancel", said("Cancel"), Role.RejectRole),
    )
    return ask(parent, "close_dialog", text, detail, answers)


def ask_to_leave_work(parent: QWidget, words: str, detail: str, leave: Callable[[], None]) -> QMessageBox:
    """A comparison or a lesson's training outlives the window, which nobody can know who was not told."""
    answers = (
        Answer("keep", said("Close, and let it go on"), Role.AcceptRole, leave),
        Answer("cancel", said("Cancel"), Role.RejectRole),
    )
    return ask(parent, "close_dialog", words, detail, answers)


def ask_to_close_locked(parent: QWidget, close: Callable[[], None]) -> QMessageBox:
    """A lesson was locked so that nobody ends it by chance."""
    answers = (
        Answer("close", said("Close GPU Lab"), Role.DestructiveRole, close),
        Answer("stay", said("Stay"), Role.RejectRole),
    )
    text = said("A lesson is locked: only Next and Back can be used.")
    return ask(parent, "locked_dialog", text, said("Close the window all the same?"), answers)


def ask_to_delete(parent: QWidget, names: Sequence[str], delete: Callable[[], None]) -> QMessageBox:
    """Names what will be deleted."""
    text = (
        said("Delete {n} runs?").format(n=len(names))
        if len(names) > 1
        else said("Delete “{name}”?").format(name=names[0])
    )
    detail = said("Its curves, texts and saved models stay in the trash folder beside the runs for {days} days.")
    detail = detail.format(days=TRASH_DAYS)
    if len(names) > 1:
        detail = ", ".join(names[:8]) + ("…" if len(names) > 8 else "") + "\n" + detail
    answers = (
        Answer("cancel", said("Cancel"), Role.RejectRole),
        Answer("delete", said("Delete"), Role.DestructiveRole, delete),
    )
    return ask(parent, "delete_dialog", text, detail, answers)


def tell(parent: QWidget, happened: str, means: str, try_: str, details: str = "") -> QMessageBox:
    """Bad news: what happened, what it means, what to try; the details can be copied."""
    box = QMessageBox(QMessageBox.Icon.Warning, said("GPU Lab"), happened, parent=parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setObjectName("error_dialog")
    box.setInformativeText("\n\n".join(part for part in (means, try_) if part))
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setEscapeButton(box.addButton(said("Close"), Role.RejectRole))
    if details:
        box.setDetailedText(details)
        copy = box.addButton(said("Copy details"), Role.ActionRole)
        copy.setObjectName("copy_details")
        copy.clicked.disconnect()
        copy.clicked.connect(lambda: _copy(f"{happened}\n{means}\n\n{details}"))
    box.open()
    return box


def _copy(text: str) -> None:
    QApplication.clipboard().setText(text)
