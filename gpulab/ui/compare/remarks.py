"""What must not be overlooked: runs that were left out, and what could not be compared, in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from gpulab.ui.lab.words import capital, said
from gpulab.viewmodels.comparing.snapshot import Snapshot
from gpulab.words import sentence

_ENDED = {
    "failed": "{arm}: runs failed (seeds {seeds}). No average has them in it.",
    "diverged": "{arm}: trainings diverged (seeds {seeds}). No average has them in it.",
    "stopped": "{arm}: runs were stopped before their end (seeds {seeds}). No average has them in it.",
    "vanished": "{arm}: runs broke off (seeds {seeds}). No average has them in it.",
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
    """What was left out or cannot be compared: a line for each arm and fate, one for each reason of slow runs."""
    names, judgement = snapshot.names, snapshot.standing.judgement
    fates = dict.fromkeys((arm, state) for arm, _, state in judgement.left_out if state in _ENDED)
    lines = [
        said(_ENDED[state]).format(
            arm=capital(names[arm]), seeds=_listed(s for a, s, st in judgement.left_out if (a, st) == (arm, state))
        )
        for arm, state in fates
    ]
    lines += [f"{capital(names[arm])}: {sentence(key, {}, said)}" for arm, key in judgement.incomparable]
    runs = snapshot.standing.runs  # of two sides that read the same run, one is counted
    done = len({runs.get((o.arm, o.seed)) for o in snapshot.standing.observations if o.state == "done"})
    for reason in dict.fromkeys(key for _, _, key in judgement.unfair):
        slow = len({runs.get((arm, seed)) for arm, seed, key in judgement.unfair if key == reason})
        text = said("Speed, in {slow} of {done} runs: {reason}")
        lines.append(text.format(slow=slow, done=done, reason=sentence(reason, {}, said)))
    return lines


def _listed(seeds: Iterable[int]) -> str:
    return ", ".join(str(seed) for seed in sorted(seeds))
