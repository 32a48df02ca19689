"""Lessons at the terminal: what there is, what is wrong with one, and a walk through it in plain words."""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpulab.cli.output import give, give_json, table, tell
from gpulab.lessons import bets, promises, recordings, shelf
from gpulab.lessons import show as shows
from gpulab.lessons.figures import Results, results_of
from gpulab.lessons.texts import plain
from gpulab.report import writing
from gpulab.spec.lesson import Bet, Run
from gpulab.spec.lesson_file import Written
from gpulab.spec.problem import BadInput, Problem, refuse
from gpulab.words import sentence

_EACH_S = 0.2
_HEADINGS = ("name", "card", "minutes", "title")


def add_verbs(verbs: Any, printed: writing.Printed) -> None:
    """`printed` sets a handout on paper; it lies outside, because it needs Qt."""
    lesson = verbs.add_parser("lesson", help="list, check or present lessons")
    deeds = lesson.add_subparsers(metavar="DEED", required=True)
    listed = deeds.add_parser("list", help="the lessons that come with GPU Lab")
    listed.add_argument("--json", action="store_true", help="print a list of objects")
    listed.set_defaults(do=_list)
    check = deeds.add_parser("check", help="say everything that is wrong with a lesson, by line")
    check.add_argument("file", nargs="+", metavar="FILE", help="a *.lesson.toml, or the name of a bundled lesson")
    check.set_defaults(do=_check)
    run = deeds.add_parser("run", help="walk through a lesson here; what it runs is really trained")
    run.add_argument("name", metavar="NAME", help="a bundled lesson, or a *.lesson.toml")
    run.add_argument("--seeds", type=int, default=0, metavar="N", help="trainings of each side (as the lesson says)")
    run.set_defaults(do=_run)
    handout = deeds.add_parser("handout", help="write what the last showing came to, on paper or as a page")
    handout.add_argument("name", metavar="NAME", help="a bundled lesson, or a *.lesson.toml")
    handout.add_argument("--out", type=Path, metavar="FILE", help="a new *.pdf or *.html (NAME.pdf)")
    handout.set_defaults(do=lambda options: _handout(options, printed))
    record = verbs.add_parser("record", help="keep a finished run, comparison or job as a recording for lessons")
    record.add_argument("dir", type=Path, metavar="DIR", help="its folder")
    record.add_argument("name", metavar="NAME", help="what the recording is called")
    record.add_argument("--out", type=Path, metavar="DIR", help="where recordings lie (GPU Lab's own)")
    record.set_defaults(do=_record)


def _list(options: argparse.Namespace) -> int:
    lessons = [written.lesson for written in shelf.all_bundled()]
    if options.json:
        keys = ("name", "title", "summary", "minutes", "card", "misconception", "needs")
        give_json([{key: getattr(lesson, key) for key in keys} for lesson in lessons])
    else:
        rows = [(one.name, one.card or one.misconception, str(one.minutes), one.title) for one in lessons]
        give(table([_HEADINGS, *rows]))
    return 0


def _check(options: argparse.Namespace) -> int:
    """Every problem of every file at once."""
    found: list[Problem] = []
    for name in options.file:
        try:
            shelf.checked(shelf.named(name))
        except BadInput as bad:
            found += bad.problems
    if found:
        raise BadInput(*found)
    tell("Nothing is wrong.")
    return 0


def _run(options: argparse.Namespace) -> int:
    if not 0 <= options.seeds <= 20:
        raise refuse("out_of_range", "--seeds", value=options.seeds, low=1, high=20)
    written = shelf.checked(shelf.named(options.name))
    show = shows.begin(written, options.seeds)
    for number, step in enumerate(written.lesson.steps):
        give(f"\n{step.title}\n{'-' * len(step.title)}")
        if isinstance(step, Run):
            _work(show, step.work)
        if step.text:
            give(plain(step.text, results_of(show).figure))
        if isinstance(step, Bet):
            _take_guesses(show, number, step)
    results = results_of(show)
    _tell_bets(show, written, results)
    kept = promises.checked(results)
    broken = [one for one in kept if not one.holds]
    tell(f"\n{len(kept) - len(broken)} of {len(kept)} promises of the lesson held. Its folder: {show.folder}")
    return 1 if broken else 0


def _work(show: shows.Show, key: str) -> None:
    """Does all of a work and tells how far it is."""
    told = -1
    try:
        while (begun := show.start(key)) is not None:
            while begun[1].alive:
                if (percent := int(10 * show.standing(key).share) * 10) > told:
                    told = percent
                    tell(f"{percent} % done")
                time.sleep(_EACH_S)
            if show.standing(key).state == "failed":
                break
    except KeyboardInterrupt:
        show.stop(key)
        raise
    at = show.standing(key)
    if at.recording:
        tell(f"This machine cannot show it: a recording of {at.recording.machine}, {at.recording.date}.")
    elif at.reason:
        tell(sentence(at.reason, at.arguments))


def _take_guesses(show: shows.Show, number: int, bet: Bet) -> None:
    """The room's guesses, one a line, as long as somebody types one; none where nobody can."""
    give(bet.question)
    for place, choice in enumerate(bet.choices):
        give(f"  {place + 1}: {choice.name}")
    guesses: list[bets.Guess] = []
    with suppress(EOFError):
        while typed := input("a guess, or nothing to go on: ").strip():
            try:
                guesses.append(bets.Guess(float(typed) - (1.0 if bet.choices else 0.0)))
            except ValueError:
                tell("A number is wanted.")
    give("")
    bets.keep(show.folder, number, tuple(guesses))


def _tell_bets(show: shows.Show, written: Written, results: Results) -> None:
    for number, guesses in bets.read(show.folder).items():
        bet = written.lesson.steps[number]
        if isinstance(bet, Bet) and guesses:
            settled = bets.settled(bet, written.lesson, guesses, results.figure(bet.about))
            told = bets.told(bet, written.lesson, settled.figure)
            give(f"\n{bet.question} {told} Closest of {len(guesses)}: {len(settled.winners)}.")


def _handout(options: argparse.Namespace, printed: writing.Printed) -> int:
    from gpulab.lessons.handout import handout_of  # here, because curves take numpy

    written = shelf.checked(shelf.named(options.name))
    wanted = writing.format_of(options.out) if options.out else "pdf"
    if wanted not in ("pdf", "html"):
        raise refuse("report_ending", "--out", ending=options.out.suffix, endings=".pdf, .html")
    out = writing.check_free(options.out or Path(f"{written.lesson.name}.pdf"))
    if (show := shows.latest(written)) is None:
        raise refuse("lesson_never_shown", name=written.lesson.name)
    writing.write_pages(handout_of(show), wanted, out, printed)
    tell(f"Wrote {out}.")
    return 0


def _record(options: argparse.Namespace) -> int:
    path, made = recordings.record(options.dir, options.name, options.out)
    tell(f"Recorded {path} ({made.machine}, {made.date}).")
    return 0
