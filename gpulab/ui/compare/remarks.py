"""What must not be overlooked: runs that were left out, and what could not be compared, in a sentence each."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gpulab.ui.lab.words import capital, said
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.words import sentence

_ENDED = {
    "failed": "{arm}, seed {seed}: the run failed. It is shown nowhere as a figure and averaged into nothing.",
    "diverged": "{arm}, seed {seed}: the training diverged. It is averaged into nothing.",
    "stopped": "{arm}, seed {seed}: the run was stopped before its end. It is averaged into nothing.",
    "vanished": "{arm}, seed {seed}: the run broke off. It is averaged into nothing.",
}


class Remarks(QLabel):
    """Hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("severity", "warning")
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The remarks on `snapshot`, one a line."""
        lines = remarks(snapshot)
        self.setText("\n".join(f"▲ {line}" for line in lines))
        self.setVisible(bool(lines))


def remarks(snapshot: Snapshot) -> list[str]:
    """What was left out or cannot be compared."""
    names, judgement = snapshot.names, snapshot.standing.judgement
    lines = [
        said(_ENDED[state]).format(arm=capital(names[arm]), seed=seed)
        for arm, seed, state in judgement.left_out
        if state in _ENDED
    ]
    lines += [f"{capital(names[arm])}: {sentence(key, {}, said)}" for arm, key in judgement.incomparable]
    lines += [
        said("{arm}, seed {seed}: {reason}").format(arm=capital(names[arm]), seed=seed, reason=sentence(key, {}, said))
        for arm, seed, key in judgement.unfair
    ]
    return lines
