"""How a job is doing, in one line of words."""

from __future__ import annotations

from gpulab.spec.jobs import Kind
from gpulab.ui.lab.words import capital, said
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.finding import Finding
from gpulab.words import sentence

_UNITS: dict[Kind, tuple[str, str]] = {
    "find_lr": ("Step {n} of {of}", "Step {n}"),
    "find_batch": ("Batch {n} of {of}", "{n} batches tried"),
    "search": ("Short run {n} of {of}", "Short run {n}"),
    "tune": ("Trial {n} of {of}", "{n} trials made"),
    "scan": ("Look {n} of {of}", "{n} looks taken"),
    "age": ("Text {n} of {of}", "Text {n}"),
    "bias": ("Pair {n} of {of}", "{n} pairs asked"),
    "watch": ("Text {n} of {of}", "{n} texts written"),
    "guard": ("Turn {n} of {of}", "{n} turns taken"),
    "doses": ("Dose {n} of {of}", "{n} doses tried"),
}

Said = tuple[str, str]
"""The words and their severity."""


def status_words(finding: Finding, running: bool, problem: str) -> Said:
    """`problem` is what keeps the job from working, already in words; it goes before everything else."""
    if problem:
        return problem, "danger"
    if running and finding.state == "starting":
        return said("A worker of its own is starting. The window stays free."), ""
    if finding.state == "starting":
        return said("Ready. Nothing of the experiment is changed, and no model is kept."), ""
    if not finding.over:
        return _working(finding), ""
    if finding.state == "done":
        return said("Done in {time}.").format(time=_lasted(finding)), "good"
    words = capital(sentence(finding.reason, finding.arguments, said))
    if finding.state == "stopped":
        return words, ""
    return words, "danger"


def advice(finding: Finding) -> str:
    """The details of a bad ending: the last words of the worker, where there are any."""
    return str(finding.arguments.get("log", "")) if finding.state in ("failed", "vanished") else ""


def _working(finding: Finding) -> str:
    known, unknown = _UNITS[finding.kind]
    words = said(known if finding.planned else unknown).format(n=len(finding.trials), of=finding.planned)
    left = finding.seconds_left
    if left is not None:
        words += said(", about {time} left").format(time=duration(float(f"{left:.1g}") if left < 10 else round(left)))
    return f"{words}."


def _lasted(finding: Finding) -> str:
    return duration(finding.trials[-1].seconds) if finding.trials else duration(0.0)
