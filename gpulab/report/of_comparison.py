"""The report of a comparison: what was found first, then what it rests on, then how it was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gpulab.analysis.saying import Saying, Verdict
from gpulab.analysis.verdict import verdict
from gpulab.comparisons.answers import extras_of, sweep_of
from gpulab.comparisons.standing import Standing, read
from gpulab.report import comparing_figures as pictures
from gpulab.report import comparing_tables as tables
from gpulab.report import dangers
from gpulab.report.comparing_facts import device_of, measured, period, versions_of
from gpulab.report.model import Block, Card, Report, Section, Tone, Words
from gpulab.report.of_run import about
from gpulab.report.outcome import whole_of
from gpulab.report.sides import Sides
from gpulab.words import sentence

_TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "mixed": "warning"}
_QUESTIONS = {
    "with_without": "What does it change? With and without, everything else alike.",
    "one_at_a_time": "What does each technique change? One at a time against a baseline with none of them.",
    "all_combinations": "What do these techniques change together? Every combination against a baseline with none.",
    "variants": "What do these variants change? Each against one baseline, everything else alike.",
    "doses": "How far can it go? One setting at several values.",
    "runs": "How do these runs differ? They were there before this comparison.",
}


def report_of_comparison(folder: Path) -> Report:
    """Everything that is known of the comparison in `folder` by now. Raises BadInput where it cannot be read."""
    return report_on(read(folder))


def report_on(standing: Standing) -> Report:
    """The same of a comparison that was read already. Reads the runs' curves from the disk."""
    comparison = standing.comparison
    return Report(
        title=comparison.name,
        question=_QUESTIONS[comparison.question],
        standing=_standing(standing),
        when=period(standing),
        where=device_of(standing),
        about=about(versions_of(standing)),
        sections=tuple(section for section in _sections(standing) if section.blocks),
    )


def _standing(standing: Standing) -> str:
    if standing.reason:
        return sentence(standing.reason, standing.arguments)
    if standing.state == "waiting":
        return "Nobody has begun it yet."
    return f"Still at work: {standing.done_runs} runs have ended, and the next look is after {standing.planned_runs}."


def _sections(standing: Standing) -> Iterator[Section]:
    sides, judgement = Sides(standing.comparison), standing.judgement
    variants = standing.comparison.arms[1:]
    extras = {arm.key: extras_of(standing, arm.key) for arm in variants}
    verdicts = {arm: verdict(standing.comparison, judgement, arm, extra) for arm, extra in extras.items()}
    if standing.comparison.dose:
        yield Section("How far it can go", tuple(_doses(standing, sides)))
    yield Section("What was found", tuple(_found(standing, sides, verdicts)))
    yield Section(
        "What was compared",
        tuple(tables.sides(standing, sides)),
        "The baseline, and in what each other side differs from it."
        + (" Seed by seed, all sides draw the same chance." if standing.comparison.question != "runs" else ""),
    )
    yield Section(
        "What changed",
        (*pictures.forest(judgement, sides), *tables.changes(standing, sides)),
        "Changes are against the baseline, seed by seed. Shaded: what counts as no difference. Bars: 95 % intervals.",
    )
    yield Section(
        "What is paid for what",
        tuple(pictures.tradeoffs(standing, sides)),
        "Each side's mean. Filled marks lie on the front: no other side beats them in both figures.",
    )
    yield Section(
        "How it went",
        tuple(pictures.curves(standing, sides)),
        "Each line is the mean over seeds, in a band from the lowest to the highest.",
    )
    yield Section(
        "What equal quality costs",
        (*_told(verdicts, sides, _is_new_to_the_table), *tables.equal_quality(extras, sides)),
    )
    yield Section(
        "Who pays",
        (*_told(verdicts, sides, _is_of_payers), *tables.slices(standing, extras, sides)),
        "How each part of the test text fared. Intervals hold for all parts together.",
    )
    yield dangers.of_comparison(standing, sides)
    yield Section("How it was measured", (measured(standing, sides),))
    yield Section("Every run", (tables.runs(standing, sides),))


def _found(standing: Standing, sides: Sides, verdicts: Mapping[str, Verdict]) -> Iterator[Block]:
    for arm, found in verdicts.items():
        word = standing.judgement.wholes.get(arm, "too_few")
        yield Card(sides[arm], _capital(whole_of(found, word)), _TONES.get(word, ""), tuple(_sentences(found)))
    for notice in standing.notices:
        if "seed" in notice.arguments:  # of a run: its side's card and the table of runs say it
            continue
        yield Words(_capital(sentence(notice.key, notice.arguments)), "warning" if notice.severity != "info" else "")


def _sentences(found: Verdict) -> Iterator[tuple[str, str]]:
    told = (("Gain", found.benefit), ("Cost", found.cost), ("How sure", found.confidence), ("Try next", found.next))
    for label, saying in told:
        yield label, sentence(saying.key, saying.arguments)
    others = [saying for saying in found.besides if not _has_section(saying)]
    for place, saying in enumerate(others):
        yield "" if place else "Also", sentence(saying.key, saying.arguments)


def _has_section(saying: Saying) -> bool:
    return _is_of_equal_quality(saying) or _is_of_payers(saying)


def _is_new_to_the_table(saying: Saying) -> bool:
    """Energy and money stand in the table of equal quality, beside the time that is told."""
    return _is_of_equal_quality(saying) and not saying.key.startswith(("reach_energy", "reach_money"))


def _is_of_equal_quality(saying: Saying) -> bool:
    return saying.key.startswith(("reach_", "pays_back"))


def _is_of_payers(saying: Saying) -> bool:
    return saying.key.startswith("pays_") and not _is_of_equal_quality(saying)


def _told(verdicts: Mapping[str, Verdict], sides: Sides, about_this: Callable[[Saying], bool]) -> Iterator[Block]:
    """What the verdicts say about a section's matter, each behind its side."""
    for arm, found in verdicts.items():
        said = [sentence(saying.key, saying.arguments) for saying in found.besides if about_this(saying)]
        if said:
            yield Words(" ".join(said), side=sides[arm])


def _doses(standing: Standing, sides: Sides) -> Iterator[Block]:
    sweep, said = sweep_of(standing)
    for saying in said:
        yield Words(sentence(saying.key, saying.arguments))
    if sweep is not None:
        yield from pictures.doses(standing, sweep, sides)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
