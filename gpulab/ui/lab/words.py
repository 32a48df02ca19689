"""Puts the keys of status and story into the words a person reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from gpulab.spec.problem import Problem
from gpulab.viewmodels.figures import duration
from gpulab.words import sentence

if TYPE_CHECKING:  # these know the runs, which the first paint must not wait for
    from gpulab.analysis.dangers.watch import Raised
    from gpulab.viewmodels.marks import Mark
    from gpulab.viewmodels.record import RunRecord, State
    from gpulab.viewmodels.runs_table import ColumnKey
    from gpulab.viewmodels.status import Status
    from gpulab.viewmodels.story import FigureKey, Line

_MARKER_LETTERS = 44

STATES: dict[State, str] = {
    "queued": "Waiting",
    "starting": "Starting",
    "preparing": "Preparing",
    "training": "Training",
    "paused": "Paused",
    "compressing": "Compressing",
    "judging": "Judging",
    "done": "Done",
    "stopped": "Stopped",
    "failed": "Failed",
    "vanished": "Interrupted",
}

SEVERITIES = {
    "info": ("●", "Note"),
    "warning": ("▲", "Warning"),
    "danger": ("■", "Danger"),
}

COLUMNS: dict[ColumnKey, tuple[str, str]] = {
    "name": ("Run", "Click the dot to show or hide its curves. F2 renames it."),
    "techniques": ("Techniques", "What was switched on, and the optimizer where it is not AdamW."),
    "status": ("State", "What the run is doing, or how it ended."),
    "dangers": ("Dangers", "How many dangers it showed, and the mark of the gravest. Opening a run looks for them."),
    "step": ("Step", "How many times the weights were improved."),
    "val_loss": (
        "Val loss",
        "Newest loss on held-out text. Lower is better.",
    ),
    "best": ("Best", "Lowest validation loss so far."),
    "bits_per_byte": (
        "Bits/byte",
        "Bits for one byte of validation text, comparable between tokenizers; lower is better. Star: not comparable.",
    ),
    "tokens_per_s": (
        "Tokens/s",
        "Training tokens read in a second: newest reading, or once done the mean after warm-up. Higher is better.",
    ),
    "memory": (
        "Peak memory",
        "The most it held: the whole process on a processor, what tensors allocated on a GPU.",
    ),
    "curve": ("Curve", "Validation loss over the steps."),
}

LINES = {
    "now_queued": "Nobody has begun it yet. The queue takes one run at a time.",
    "now_starting": "A worker of its own is starting. The window stays free.",
    "now_preparing": "The text is being read, cut into pieces and split three ways.",
    "now_training": "The model is learning: step <b>{step}</b> of {steps}.",
    "now_paused": "Holding still after step <b>{step}</b> of {steps}. Space goes on.",
    "now_compressing": "Training is over. A copy of the model is being made smaller.",
    "now_judging": "The model is being judged on text it has never seen.",
    "now_done": "Finished after <b>{step}</b> steps.",
    "now_stopped": "Stopped after step <b>{step}</b> of {steps}. Resume goes on from there.",
    "now_stopped_behind": "Stopped after step <b>{step}</b> of {steps}. Resume goes on from step <b>{saved}</b>, "
    "the last one that was saved.",
    "now_stopped_unsaved": "Stopped after step <b>{step}</b> of {steps}. Nothing was saved, so it cannot be resumed.",
    "now_failed": "The training failed after step <b>{step}</b>.",
    "now_vanished": "The worker went away after step <b>{step}</b>. Resume goes on from the last checkpoint.",
    "now_read_part": "It has read {tokens} tokens: <b>{percent} %</b> of the training text.",
    "now_read_times": "It has read {tokens} tokens: the whole training text <b>{times} times</b>.",
    "now_unsure": "Guessing the next token, it is as unsure as between <b>{choices}</b> of {vocabulary} choices.",
    "now_guessing": "Guessing the next token, it is no better than chance among {vocabulary} choices so far.",
    "news_saved_checkpoint": "Saved at step {step} ({size}): from here it can go on.",
    "news_saved_model": "The trained model is on disk ({size}).",
    "news_saved_compressed": "The compressed model is on disk ({size}).",
}

FIGURES: dict[FigureKey, tuple[str, str]] = {
    "quality": ("Quality", "bits per byte of test text, lower is better"),
    "quality_apart": ("Quality", "bits per byte of test text that edits changed: compare it with no other run"),
    "size": ("Size", "on disk"),
    "parameters": ("Parameters", "weights, whatever each takes"),
    "memory": ("Memory", "to read one batch: weights and all that is held beside them"),
    "reading": ("Reading", "tokens it reads per second, a batch at a time"),
    "speed": ("Writing", "tokens it writes per second, reading the whole context for each"),
    "cached": ("Writing, cached", "tokens it writes per second, keys and values kept"),
    "beginning": ("First token", "time from the prompt to it, nothing kept"),
    "cached_beginning": ("First token, cached", "time from the prompt to it, while the cache is filled"),
    "cache": ("Cache", "keys and values of one reader's full context"),
    "training": ("Training", "tokens it read per second"),
}


_HERE = {
    "run_folder_lost": "the run's folder cannot be read: {detail}.",
    "watch_failed": "the run can no longer be watched: {error}. The training itself is not touched.",
    "no_desktop_entry": "a desktop entry needs Linux and an installed gpulab command.",
    "crashed": "something went wrong in the window: {error}.",
}


def said(text: str) -> str:
    """`text` of the tables above in the person's language."""
    return QCoreApplication.translate("Lab", text)


def line(of: Line) -> str:
    """The sentence as rich text; figures are escaped."""
    from html import escape  # its import brings the names of 2231 letters, which the first paint can spare

    template = LINES.get(of.key)
    if template is None:
        return escape(sentence(of.key, of.arguments, said))
    return said(template).format(**{name: escape(str(value)) for name, value in of.arguments.items()})


def state(of: State) -> str:
    """The word for a state."""
    return said(STATES[of])


def state_of(run: RunRecord) -> str:
    """The mark and the word for a run's state; a finished one says so where its model is not on the disk."""
    from gpulab.viewmodels.status import MARKS

    if run.state == "done" and run.summary.get("model_bytes", 0) is None:
        return said("{mark} Done, not saved ▲").format(mark=MARKS[run.state])
    return f"{MARKS[run.state]} {state(run.state)}"


def dangers_of(run: RunRecord) -> str:
    """The sentences of a run's dangers, a line each."""
    if not run.complete:
        return said("Nobody has looked yet. Select the run: it is read then.")
    if run.watch is None:
        return said("There is nothing to look at yet.")
    return "\n".join(danger(one) for one in run.dangers) or said("No danger was seen.")


def danger(one: Raised) -> str:
    """`■ Danger, since step 120: ` and its sentence."""
    mark, word = SEVERITIES[one.danger.severity]
    whole = capital(sentence(one.danger.key, one.danger.arguments, said))
    if not one.danger.step:
        return f"{mark} {said(word)}: {whole}"
    return f"{mark} {said(word)}, {said('since step {step}').format(step=one.danger.step)}: {whole}"


def marker(mark: Mark) -> str:
    """A danger's name or the beginning of a notice's sentence, short enough for a chart; where a run held, nothing."""
    if mark.danger:
        return said(mark.danger)
    if mark.notice is None:
        return said("best") if mark.best else ""
    whole = sentence(mark.notice.key, mark.notice.arguments, said)
    first = re.split(r"[:;.,](?:\s|$)|\(", whole, maxsplit=1)[0].strip()
    return capital(first if len(first) <= _MARKER_LETTERS else f"{first[: _MARKER_LETTERS - 1]}…")


def status_line(status: Status) -> str:
    """`Training “GPT mini”: step 120 of 600, about 40 s left`."""
    text = said("{state} “{name}”").format(state=state(status.state), name=status.name)
    if not status.steps:
        return text
    text += said(": step {step} of {steps}").format(step=status.step, steps=status.steps)
    if status.seconds_left is not None and status.state == "training":
        text += said(", about {time} left").format(time=duration(round(status.seconds_left)))
    return text


def problem(of: Problem) -> str:
    """The sentence of a problem."""
    if of.key in _HERE:
        return said(_HERE[of.key]).format(**of.arguments)
    return sentence(of.key, of.arguments, said)


def capital(text: str) -> str:
    """A sentence that was made to stand behind a field's name, standing alone."""
    return text[:1].upper() + text[1:]
