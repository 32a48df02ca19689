"""Says what happened, what it means, what to try, for problems that belong to no field."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox, QWidget

from gpulab.spec.problem import Problem
from gpulab.ui.lab.dialogs import tell
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of

_ADVICE = {
    "run_is_running": "Wait until it is over, or stop it first.",
    "run_already_done": "Duplicate it to train it anew with other settings.",
    "no_checkpoint": "Duplicate it and run it again from the start.",
    "checkpoint_damaged": "Duplicate the run and start it again; the record of its figures is still whole.",
    "events_damaged": "The curves up to there are shown. The rest of the file cannot be read.",
    "experiment_newer": "Install a newer GPU Lab, then open the file again.",
    "experiment_unreadable": "Choose another file, or mend this one in a text editor.",
    "folder_not_writable": "Free some space, or allow writing to that folder, then try again.",
    "run_missing": "Choose a folder that holds experiment.toml or events.jsonl.",
    "nothing_recorded": "Choose a run that has trained at least one step.",
}
_MEANS = "Nothing was started or changed. Everything else goes on as before."


def tell_problems(window: QWidget, problems: tuple[Problem, ...]) -> QMessageBox | None:
    """One dialog for all `problems`; nothing where there are none."""
    if not problems:
        return None
    sentences = [capital(sentence_of(each)) for each in problems]
    advice = dict.fromkeys(said(_ADVICE[each.key]) for each in problems if each.key in _ADVICE)
    details = "\n".join(f"{each.key} {each.field} {dict(each.arguments)}" for each in problems)
    return tell(window, "\n".join(sentences), said(_MEANS), " ".join(advice), details)
