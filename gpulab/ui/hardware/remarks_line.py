"""What there is to say of the machine as a whole, each thing in a line with its mark."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gpulab.ui.lab.words import SEVERITIES, capital, said
from gpulab.viewmodels.hardware.remarks import Remark
from gpulab.words import sentence

_MOST = 3


class RemarksLine(QWidget):
    """Takes no room where there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Remark, ...] = ()
        self._lines = [QLabel() for _ in range(_MOST)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for line in self._lines:
            line.setWordWrap(True)
            line.setTextFormat(Qt.TextFormat.PlainText)
            column.addWidget(line)
        self.hide()

    @property
    def words(self) -> str:
        """All that is said, in lines."""
        return "\n".join(line.text() for line in self._lines if line.text())

    def show_remarks(self, remarks: Sequence[Remark]) -> None:
        """The gravest first; the rest has no room."""
        shown = tuple(remarks[:_MOST])
        if shown == self._shown:
            return
        self._shown = shown
        self.setVisible(bool(shown))
        for at, line in enumerate(self._lines):
            severity, notice = shown[at] if at < len(shown) else ("", None)
            mark = SEVERITIES[severity][0] + " " if severity in SEVERITIES and severity != "info" else ""
            line.setText(mark + capital(sentence(notice.key, notice.arguments, said)) if notice else "")
            line.setVisible(notice is not None)
            line.setProperty("severity", severity)
            line.setProperty("muted", severity == "info")
            line.style().unpolish(line)
            line.style().polish(line)
