"""What the Compare page says: words for states, questions and outcomes."""

from __future__ import annotations

from gpulab.analysis.changes import Because, Whole
from gpulab.analysis.figures import VAGUE
from gpulab.analysis.saying import Saying
from gpulab.comparisons.standing import Standing, State
from gpulab.spec.comparison import Question
from gpulab.ui.lab.words import capital, said
from gpulab.viewmodels.comparing.headline import Headline
from gpulab.viewmodels.comparing.table import Cell, Row, Tone
from gpulab.viewmodels.figures import duration
from gpulab.words import sentence
from gpulab.words.verdicts import NO_RESULT, OPEN_BECAUSE

STATES: dict[State, tuple[str, str, str]] = {
    "waiting": ("○", "Waiting", ""),
    "working": ("▶", "Working", "info"),
    "done": ("✓", "Done", "good"),
    "stopped": ("■", "Stopped", "warning"),
    "failed": ("▲", "Failed", "danger"),
    "vanished": ("▲", "Interrupted", "danger"),
}
"""Mark, word and severity of each state."""

WHOLES: dict[Whole, tuple[str, str, str]] = {
    "better": ("✓", "Better", "good"),
    "worse": ("✗", "Worse", "danger"),
    "mixed": ("±", "Mixed: gains and costs", "warning"),
    "same": ("=", "No measurable difference", "info"),
    "too_few": ("?", "Too few runs to tell", ""),
}

NO_RESULTS: dict[str, tuple[str, str, str]] = {
    key: ("▲", f"{word[0].upper()}{word[1:]}", "danger") for key, word in NO_RESULT.items()
}
"""The same for an arm of which nothing could be compared, by what its verdict calls the benefit."""

TONES: dict[Tone, tuple[str, str]] = {
    "good": ("better", "good"),
    "bad": ("worse", "danger"),
    "same": ("no measurable difference", "info"),
    "open": ("too few runs to tell", ""),
    "beside": ("", ""),
    "base": ("", ""),
    "none": ("", ""),
}
"""Word and severity of what a cell says."""

_SHORT: dict[Tone, str] = {
    "good": "better",
    "bad": "worse",
    "same": "no difference",
    "open": "too few runs",
    "beside": "",
    "base": "",
    "none": "",
}
_SHORT_BECAUSE: dict[Because, str] = {"strict": "not sure yet", "small": "maybe too small"}
"""The same for what is open though its interval leaves out zero."""

ARROWS = {1: "▲", 0: "=", -1: "▼"}

QUESTIONS: dict[Question, tuple[str, str]] = {
    "with_without": ("With and without…", "One technique: the same training with it and without it."),
    "one_at_a_time": ("One at a time…", "Each technique that is switched on, alone, against none of them."),
    "all_combinations": ("All combinations…", "Every combination of a few techniques, to see which go together."),
    "variants": ("Variants…", "Any settings you like, each set of them against the experiment as it is."),
    "doses": ("How far can I go?…", "One setting at several values: the last safe one, and where it breaks."),
}
"""What each way to compare is called in menus, and what it does."""


def question_of(standing: Standing) -> str:
    """What is asked, as a person would ask it."""
    comparison = standing.comparison
    variants = comparison.arms[1:]
    first = variants[0].name
    match comparison.question:
        case "with_without":
            return said("Is it better {arm}?").format(arm=first)
        case "one_at_a_time":
            return said("What does each of {count} techniques bring by itself?").format(count=len(variants))
        case "all_combinations":
            return said("Which of {count} combinations is best?").format(count=len(variants))
        case "doses":
            return said("How far can I go? {name}").format(name=comparison.name)
        case "runs":
            return said("How do these {count} runs differ?").format(count=len(comparison.arms))
        case "variants":
            pass
    if len(variants) == 1:
        return said("Is it better with {arm}?").format(arm=first.removeprefix("with "))
    return said("Which of {count} variants is best?").format(count=len(variants))


def state_line(head: Headline) -> str:
    """`▶ Working: 4 of 12 runs, about 2 min left. Now training “with Dropout”, seed 2.`"""
    mark, word, _ = STATES[head.state]
    text = said("{mark} {word}: {done} of {planned} runs").format(
        mark=mark, word=said(word), done=head.done_runs, planned=head.planned_runs
    )
    if head.state == "done":
        text = said("{mark} {word}: {done} runs over {seeds} seeds").format(
            mark=mark, word=said(word), done=head.done_runs, seeds=head.seeds
        )
    if head.working and head.seconds_left is not None:
        text += said(", about {time} left").format(time=duration(round(head.seconds_left)))
    if head.at_work is not None:
        arm, seed = head.at_work
        text += said(". Now training: {arm}, seed {seed}").format(arm=arm, seed=seed)
    return text


def open_line(head: Headline, least: int) -> str:
    """What is still undecided, and why; empty where nothing is."""
    if head.seeds < least and head.working:
        return said("Too few runs to tell yet: {seeds} of at least {least} seeds.").format(
            seeds=head.seeds, least=least
        )
    if head.open == 1 and head.working:
        return said("One figure is still open; more seeds may follow.")
    if head.open and head.working:
        return said("{open} figures are still open; more seeds may follow.").format(open=head.open)
    if head.open == 1:
        return said("One figure stayed open.")
    if head.open:
        return said("{open} figures stayed open.").format(open=head.open)
    return ""


def ending(standing: Standing) -> str:
    """Why it ended, where that is worth a sentence."""
    if not standing.reason or standing.state in ("waiting", "working", "done"):
        return ""
    if standing.state == "vanished":
        return said("Its process is gone; nobody saw why. “Go on” makes the runs that are missing.")
    key = str(standing.arguments.get("problem", standing.reason)) if standing.reason == "bad_input" else standing.reason
    arguments = {name: value for name, value in standing.arguments.items() if name != "log"}
    return capital(sentence(key, arguments, said))


def saying(of: Saying) -> str:
    """The sentence of a verdict."""
    return capital(sentence(of.key, of.arguments, said))


def change_line(cell: Cell) -> str:
    """`▼ −3.1 % better`: arrow, sign and word; empty where there is no change to tell."""
    if not cell.change:
        return ""
    mark = {"same": "=", "open": "?"}.get(cell.tone, ARROWS[cell.way])
    word = _SHORT_BECAUSE.get(cell.because, _SHORT[cell.tone])
    return f"{mark} {cell.change} {said(word)}".rstrip()


def small_line(cell: Cell) -> str:
    """The interval below the change, or that there is none to give."""
    if cell.tone in ("base", "none"):
        return ""
    if cell.tone == "beside" and not cell.change:
        return said("not compared")
    if cell.interval == VAGUE:
        return said("{seeds} pairs cannot tell").format(seeds=cell.seeds)
    return said("exact") if cell.exact else cell.interval


def cell_words(row: Row, cell: Cell, name: str) -> str:
    """A whole sentence about one cell, for the line below the table and for who cannot see it."""
    metric = said(row.metric.label)
    if cell.tone == "none":
        return said("{metric}, {arm}: not measured.").format(metric=metric, arm=name)
    if cell.tone == "base":
        return said("{metric}, {arm}, the baseline: {value}, mean of {seeds} runs.").format(
            metric=metric, arm=name, value=cell.value, seeds=cell.seeds
        )
    text = said("{metric}, {arm}: {value}").format(metric=metric, arm=name, value=cell.value)
    if cell.change:
        base = said("the baseline's {base}").format(base=cell.base) if cell.base else said("the baseline")
        text += said(", {change} against {base}").format(change=cell.change, base=base)
    word = TONES[cell.tone][0]
    if word:
        text += f": {said(word)}"
    if cell.because:
        text += f", {said(OPEN_BECAUSE[cell.because])}"
    return f"{text}. {_how_sure(cell)}".strip()


def _how_sure(cell: Cell) -> str:
    if cell.tone == "beside" and not cell.change:
        return said("It was not compared: there is no pair of runs in which it could be measured fairly.")
    if cell.tone == "beside":
        return said("Shown beside; no verdict is given on it.")
    if cell.exact:
        return said("It cannot vary from run to run, so it is exact.")
    text = said("Over {seeds} pairs of runs.").format(seeds=cell.seeds)
    if cell.interval:
        text = said("95 % interval {interval} over {seeds} pairs of runs.")
        text = text.format(interval=cell.interval, seeds=cell.seeds)
    seen = said("The smallest difference that would have shown: {size}; up to {region} counts as none.")
    return f"{text} {seen.format(size=cell.detectable, region=cell.region)}"
