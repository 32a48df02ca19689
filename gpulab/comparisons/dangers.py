"""The dangers that a recorded run showed, read from its folder: for terminal, report and the sides of a comparison.

A run on the screen is looked at while it goes (`gpulab.viewmodels.dangers`), by the same watch and at the same steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gpulab.analysis.commentary import commentary
from gpulab.analysis.dangers import DETECTORS, Detector, Evidence, Finding, Happening, Points
from gpulab.analysis.dangers.watch import Lazy, Watch
from gpulab.analysis.saying import Saying
from gpulab.events.documents import Examined, Notice, RunEnded, RunResumed, RunStarted
from gpulab.techniques import BY_NAME


def dangers_in(run_dir: Path, detectors: Sequence[Detector] = DETECTORS) -> Watch:
    """A watch that has seen the whole record of the run in `run_dir`; one that saw nothing where nothing began."""
    watch = Watch(detectors)
    if (evidence := evidence_in(run_dir)) is not None:
        watch.look(evidence)
    return watch


def commentary_in(run_dir: Path) -> tuple[Saying, ...]:
    """What just happened in the recorded run in `run_dir`, in the order in which it is told."""
    evidence = evidence_in(run_dir)
    return () if evidence is None else commentary(evidence, label_of)


def label_of(technique: str) -> str:
    """What a technique is called; its name where a newer version made the run."""
    return BY_NAME[technique].label if technique in BY_NAME else technique


def evidence_in(run_dir: Path) -> Evidence | None:
    """The whole record of the run in `run_dir` as rules see it; None where nothing began."""
    from gpulab.runs import columns  # brings numpy

    found = columns.read(run_dir)
    started: RunStarted | None = None
    ended: RunEnded | None = None
    happened: list[Happening] = []
    findings: list[Finding] = []
    resumed_at: tuple[int, int] = (0, 0)  # the samples before it, and its step
    for row, document in found.others():
        match document:
            case RunStarted():
                started = document
            case Notice():
                reached = int(found.stored.step[row - 1]) if row > resumed_at[0] else resumed_at[1]
                happened.append(happening(document, reached))
            case Examined():
                findings.append(finding(document))
            case RunResumed():
                resumed_at = row, document.from_step
                findings = standing(findings, document.from_step)
                ended, happened = None, [one for one in happened if (one.step or 0) <= document.from_step]
            case RunEnded():
                ended = document
            case _:
                pass
    if started is None:
        return None

    def points(key: str) -> Points:
        return Points(found.steps(key).tolist(), found.values(key).tolist())

    step = int(found.step[-1]) if len(found) else 0
    return evidence_of(started, ended, step, happened, findings, Lazy(found.keys, points))


def happening(notice: Notice, reached: int) -> Happening:
    """A notice as a rule sees it; one that names no step stands at the one that was `reached` when it came."""
    return Happening(notice.key, reached if notice.step is None else notice.step, notice.arguments)


def finding(examined: Examined) -> Finding:
    """What an examination found, as a rule sees it."""
    return Finding(examined.name, examined.step, examined.values, examined.parts, examined.variant, examined.final)


def standing(findings: Sequence[Finding], from_step: int) -> list[Finding]:
    """What is still true of a run that was resumed at `from_step`."""
    return [one for one in findings if one.step <= from_step and not one.final]


def evidence_of(
    started: RunStarted,
    ended: RunEnded | None,
    step: int,
    happened: Sequence[Happening],
    findings: Sequence[Finding],
    series: Mapping[str, Points],
) -> Evidence:
    """What is known of a run at `step`."""
    return Evidence(
        step=step,
        steps=started.steps,
        settings=started.experiment,
        series=series,
        happenings=tuple(happened),
        findings=tuple(findings),
        summary=ended.summary if ended else {},
        status=ended.status if ended else "",
        reason=ended.reason if ended else "",
        vocab_size=started.vocab_size,
        training_tokens=started.training_tokens,
        device=started.device_name,
    )
