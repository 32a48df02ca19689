"""What the Learn page says about lessons, their steps and the room's guesses."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from gpulab.lessons.bets import Guess, Ranked, unit_of
from gpulab.lessons.bets import told as outcome
from gpulab.lessons.figures import Figure
from gpulab.lessons.texts import Piece, paragraphs
from gpulab.spec.lesson import Bet, Lesson
from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.learning.reading import Progress
from gpulab.viewmodels.learning.shelf import LessonCard
from gpulab.words import sentence

NEEDS = {
    "cuda": "needs an NVIDIA GPU",
    "two_cuda": "needs two NVIDIA GPUs",
    "compiler": "needs a C++ compiler",
}


def foot_of(lesson: LessonCard) -> tuple[str, str]:
    """What stands small below a lesson: how long it takes and what is needed; and how it is meant."""
    if lesson.problems:
        return f"▲ {capital(sentence_of(lesson.problems[0]))}", "danger"
    time = duration(round(lesson.minutes * 60))
    if not lesson.needs:
        return said("about {time} · runs here").format(time=time), ""
    need = said(NEEDS[lesson.needs])
    if lesson.met:
        return said("about {time} · {need}: this machine has it").format(time=time, need=need), ""
    if lesson.recording:
        return said("● {need}: here a recording plays ({when})").format(need=capital(need), when=lesson.recording), ""
    return said("▲ {need}, and there is no recording").format(need=capital(need)), "warning"


KINDS = {
    "say": "",
    "show": "Look",
    "bet": "Place your bets",
    "run": "Now for real",
    "reveal": "What came out",
    "take_away": "Take away",
}
"""What stands above the title of a step, by its kind."""

PENDING = "…"


def rich(text: str, figure: Callable[[str], Figure]) -> str:
    """A lesson's text as rich text: paragraphs, emphasis, and its figures as they were measured."""
    told = ["".join(map(_piece, one)) for one in paragraphs(said(text), figure)] if text.strip() else []
    return "".join(f"<p style='margin:0 0 10px 0'>{one}</p>" for one in told)


def _piece(piece: Piece) -> str:
    if piece.figure is not None:
        return f"<b>{escape(piece.text)}</b>" if piece.figure.known else PENDING
    words = escape(piece.text, quote=False)
    return f"<b>{words}</b>" if piece.strong else words


def guess_line(bet: Bet, lesson: Lesson, guess: Guess) -> str:
    """`Anna: 12 %`."""
    unit = said(unit_of(bet, lesson))
    typed = said(bet.choices[int(guess.value)].name) if bet.choices else f"{guess.value:g} {unit}".strip()
    return f"{guess.name}: {typed}" if guess.name else typed


def truth_line(bet: Bet, lesson: Lesson, figure: Figure) -> str:
    """The question with what came out."""
    told = outcome(bet, lesson, figure) if figure.known else said("It is not known yet.")
    return f"{said(bet.question)} {told}"


def off_line(bet: Bet, lesson: Lesson, one: Ranked, known: bool) -> str:
    """How far a guess lies from the result, with a star for the closest."""
    if not known:
        return ""
    if bet.choices:
        return said("★ right") if one.won else said("no")
    unit = said("points") if unit_of(bet, lesson) == "%" else said(bet.unit)
    off = f"{one.off:.3g} {unit}".strip()
    return said("★ closest, off by {off}").format(off=off) if one.won else said("off by {off}").format(off=off)


def progress_line(progress: Progress, starting: bool) -> tuple[str, str]:
    """How a work stands, and how that is meant."""
    recorded = said("● Recording of a real run on {where}.").format(where=progress.recorded)
    if progress.recorded and progress.state in ("working", "done"):
        return recorded, ""
    if progress.recorded:
        return said("{recording} This machine cannot show it live.").format(recording=recorded), ""
    if starting and progress.state != "working":
        return said("Starting …"), ""
    match progress.state:
        case "working":
            text = said("▶ Running: {percent} %").format(percent=int(100 * progress.share))
            if progress.at:
                text += said(", now {side}").format(side=progress.at)
            if progress.seconds_left is not None:
                text += said(", about {time} left").format(time=duration(round(progress.seconds_left)))
            return text, ""
        case "done":
            return said("✓ Done, on this machine just now."), "good"
        case "stopped":
            return said("■ It stands still at {percent} %. Run goes on from there.").format(
                percent=int(100 * progress.share)
            ), "warning"
        case "failed" | "impossible":
            arguments = {name: value for name, value in progress.arguments.items() if name != "log"}
            return f"▲ {capital(sentence(progress.reason, arguments, said))}", "danger"
        case "waiting":
            return "", ""
