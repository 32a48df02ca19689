"""What the Learn page says about lessons, their steps and the room's guesses."""

from __future__ import annotations

from gpulab.ui.lab.words import capital, said
from gpulab.ui.lab.words import problem as sentence_of
from gpulab.viewmodels.figures import duration
from gpulab.viewmodels.learning.shelf import LessonCard

NEEDS = {
    "cuda": "needs an NVIDIA GPU",
    "two_cuda": "needs two NVIDIA GPUs",
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
