"""The dangers that runs showed, as a report tells them: what was seen, since when, what to try, how it was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gpulab.analysis.dangers import DETECTORS, Detector
from gpulab.analysis.dangers.watch import Raised, Watch, worst
from gpulab.comparisons.dangers import dangers_in
from gpulab.comparisons.standing import Standing
from gpulab.report.history import History
from gpulab.report.model import Block, Cell, Column, Section, Table, Tone, Words
from gpulab.report.sides import Sides
from gpulab.words import sentence

_SEVERITIES: Mapping[str, tuple[str, Tone]] = {
    "info": ("Note", ""),
    "warning": ("Warning", "warning"),
    "danger": ("Danger", "bad"),
}


def of_run(history: History) -> Section:
    """What the run of `history` showed; that nothing was seen is said too."""
    seen = dangers_in(history.run_dir)
    found = seen.raised
    blocks: list[Block] = [Words(_told(one), _SEVERITIES[one.danger.severity][1]) for one in found]
    if not found:
        blocks.append(Words(f"No danger was seen. Rules that looked: {len(DETECTORS)}.", "muted"))
    blocks += [_failed([(off.detector, off.error) for off in seen.switched_off])] if seen.switched_off else []
    if found:
        blocks.append(_found_by([one.detector for one in found]))
    return Section("Dangers", tuple(blocks))


def of_comparison(standing: Standing, sides: Sides) -> Section:
    """Which side showed which danger, in how many of its runs."""
    seen: dict[str, list[Watch]] = {arm.key: [] for arm in standing.comparison.arms}
    for (arm, _), run_dir in sorted(standing.runs.items()):
        if run_dir.is_dir():
            seen[arm].append(dangers_in(run_dir))
    rows = [row for arm, watches in seen.items() for row in _rows(arm, watches, sides)]
    if not rows:
        return Section("Dangers", ())
    columns = (
        Column("Side"),
        Column("Danger"),
        Column("Runs", number=True),
        Column("First at step", number=True),
        Column("What was seen first"),
    )
    detectors = {
        one.detector.name: one.detector for watches in seen.values() for watch in watches for one in watch.raised
    }
    table = Table("Which side showed what, and in how many of its runs.", columns, tuple(rows))
    return Section("Dangers", (table, _found_by(list(detectors.values()))), "What each run showed by itself.")


def _rows(arm: str, watches: Sequence[Watch], sides: Sides) -> Iterator[tuple[Cell, ...]]:
    """A danger a row, the gravest first."""
    by_name: dict[str, list[Raised]] = {}
    for watch in watches:
        for one in watch.raised:
            by_name.setdefault(one.detector.name, []).append(one)
    for found in sorted(by_name.values(), key=lambda found: -max(one.rank for one in found)):
        severity = worst(found) or "info"
        word, tone = _SEVERITIES[severity]
        first = min(found, key=lambda one: one.danger.step)
        yield (
            Cell(sides[arm].name, side=sides[arm]),
            Cell(found[0].detector.label, tone, note=word),
            Cell(f"{len(found)} of {len(watches)}"),
            Cell(f"{first.danger.step:,}"),
            Cell(_capital(sentence(first.danger.key, first.danger.arguments))),
        )


def _told(one: Raised) -> str:
    word, _ = _SEVERITIES[one.danger.severity]
    since = f", since step {one.danger.step:,}" if one.danger.step else ""
    said = [f"{word}{since}: {_capital(sentence(one.danger.key, one.danger.arguments))}"]
    if one.danger.tries:
        said.append("What to try: " + " ".join(sentence(each.key, each.arguments) for each in one.danger.tries))
    return " ".join(said)


def _found_by(detectors: Sequence[Detector]) -> Table:
    rows = tuple(
        (Cell(one.label), Cell(one.measured), Cell(one.threshold), Cell(one.why), Cell(one.source)) for one in detectors
    )
    columns = (Column("Danger"), Column("Measured"), Column("Counts from"), Column("Why"), Column("Source"))
    return Table("How each was found.", columns, rows)


def _failed(failed: Sequence[tuple[Detector, str]]) -> Words:
    names = ", ".join(detector.label for detector, _ in failed)
    return Words(sentence("detector_failed", {"names": names, "error": failed[0][1]}), "muted")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
