"""Measuring this machine takes minutes and all of its cores, so a child process does it and a dialog shows how far."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import psutil
from PySide6.QtCore import QProcess, QSize, QTimer
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from gpulab.ui.lab.words import said

COMMAND = (sys.executable, "-m", "gpulab", "bench", "--quick")
_SIZE = QSize(860, 520)
_PATIENCE_MS = 2000


class Measuring(QDialog):
    """Runs `command` and shows what it prints, until it is over or cancelled."""

    def __init__(self, parent: QWidget, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self._window = parent
        self.setObjectName("measuring")
        self.setWindowTitle(said("Measure this machine"))
        self.heading = QLabel(said("Starting …"))
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(said("Progress"))
        self.output = QPlainTextEdit()
        self.output.setReadOnly(True)
        self.output.setAccessibleName(said("What was measured"))
        self.output.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.output.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._lay_out()
        self.process = QProcess(self)
        self.process.readyReadStandardOutput.connect(self._read_table)
        self.process.readyReadStandardError.connect(self._read_news)
        self.process.finished.connect(self._finished)
        self.process.errorOccurred.connect(self._failed)
        self._cancelled = False
        self.process.start(command[0], list(command[1:]))

    def _lay_out(self) -> None:
        about = QLabel(
            said(
                "A quick round, which shows whether everything works here. "
                "Figures that prove something come from “gpulab bench” on a machine that does nothing else."
            )
        )
        about.setWordWrap(True)
        about.setProperty("muted", True)
        buttons = QDialogButtonBox()
        self.copy = buttons.addButton(said("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.output.toPlainText()))
        self.close_button = buttons.addButton(said("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.close_button.setObjectName("cancel")
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.heading, self.progress, about, self.output, buttons):
            column.addWidget(widget)
        self.resize(_SIZE)

    @property
    def running(self) -> bool:
        """Whether the measurement is still at work."""
        return self.process.state() != QProcess.ProcessState.NotRunning

    def done(self, result: int) -> None:
        """Closing cancels: everything that the measurement started ends with it."""
        if self.running:
            self._cancelled = True
            self.process.finished.connect(self.deleteLater)
            self._end()
        else:
            self.deleteLater()
        super().done(result)

    def _end(self) -> None:
        family = _family(self.process.processId())
        _each(family, "terminate")
        QTimer.singleShot(_PATIENCE_MS, self._window, lambda: _each(family, "kill"))

    def _read_table(self) -> None:
        self.output.appendPlainText(_text(self.process.readAllStandardOutput().data()))

    def _read_news(self) -> None:
        """The last whole line says what is being measured; a failure stays readable below."""
        self.process.setReadChannel(QProcess.ProcessChannel.StandardError)
        while self.process.canReadLine():
            line = _text(self.process.readLine().data())
            self.output.appendPlainText(line)
            self.heading.setText(f"{line[:1].upper()}{line[1:]} …")

    def _finished(self, code: int) -> None:
        if rest := _text(self.process.readAllStandardError().data()):
            self.output.appendPlainText(rest)
        if not self._cancelled:
            self._over(said("Done.") if code == 0 else said("Something could not be measured; see below."))

    def _failed(self) -> None:
        if not self._cancelled and not self.running:
            self._over(said("The measurement could not be started: {error}").format(error=self.process.errorString()))

    def _over(self, words: str) -> None:
        self.heading.setText(words)
        self.progress.setRange(0, 1)
        self.progress.setValue(1)
        self.close_button.setText(said("Close"))


def _text(data: bytes | bytearray | memoryview) -> str:
    return bytes(data).decode("utf-8", "replace").rstrip()


def _family(pid: int) -> list[psutil.Process]:
    """The process with everything it started, found before any of them is gone."""
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []


def _each(family: Sequence[psutil.Process], deed: str) -> None:
    for process in family:
        try:
            getattr(process, deed)()
        except psutil.NoSuchProcess:
            continue
