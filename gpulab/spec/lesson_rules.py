"""The rules across a lesson's fields: what is named is there, and nothing is told before it has run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gpulab.spec.lesson import LEAST_STEPS, MOST_STEPS, Bet, Lesson, Promise, Reveal, Run, Show, Step, TakeAway, Work
from gpulab.spec.lesson_bindings import binding
from gpulab.spec.lesson_text import bindings_in
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import Value
from gpulab.spec.toml_lines import Path

Found = tuple[Problem, Path, str]
"""A problem, where it stands, and the piece of text that it is about."""


def problems(lesson: Lesson) -> Iterator[Found]:
    """Everything that is wrong with `lesson` as a whole."""
    yield from _works(lesson)
    if not LEAST_STEPS <= len(lesson.steps) <= MOST_STEPS:
        told = {"count": len(lesson.steps), "least": LEAST_STEPS, "most": MOST_STEPS}
        yield Problem("lesson_steps", "", told), ("steps",), ""
    if lesson.steps and not isinstance(lesson.steps[-1], TakeAway):
        yield Problem("lesson_no_take_away"), ("steps", len(lesson.steps) - 1), ""
    yield from _steps(lesson)
    if not lesson.promises:
        yield Problem("lesson_promises_nothing"), (), ""
    for number, promise in enumerate(lesson.promises):
        yield from _promise(lesson, promise, ("promises", number))


def _works(lesson: Lesson) -> Iterator[Found]:
    earlier: list[Work] = []
    for number, work in enumerate(lesson.work):
        place: Path = ("work", number)
        if work.key in [one.key for one in earlier]:
            yield Problem("lesson_named_alike", "", {"key": work.key}), (*place, "key"), ""
        yield from _kind(work, place)
        for name, changes in (("changes", work.changes), ("settings", work.settings)):
            yield from _folders(changes, earlier, (*place, name))
        for index, arm in enumerate(work.arms):
            yield from _folders(arm.changes, earlier, (*place, "arms", index, "changes"))
        if not any(isinstance(step, Run) and step.work == work.key for step in lesson.steps):
            yield Problem("lesson_work_idle", "", {"key": work.key}), (*place, "key"), ""
        earlier.append(work)
    if not lesson.work:
        yield Problem("lesson_without_work"), ("work",), ""


def _kind(work: Work, place: Path) -> Iterator[Found]:
    arms = [arm.key for arm in work.arms]
    if work.kind == "comparison" and len(arms) < 2:
        yield Problem("too_few_arms", "", {"count": len(arms)}), place, ""
    if work.kind != "comparison" and arms:
        yield Problem("lesson_field_idle", "", {"name": "arms", "kind": work.kind}), (*place, "arms"), ""
    for index, key in enumerate(arms):
        if key in arms[:index]:
            yield Problem("lesson_named_alike", "", {"key": key}), (*place, "arms", index, "key"), ""
    if work.kind == "job" and not work.job:
        yield Problem("lesson_field_missing", "", {"name": "job"}), place, ""
    if work.kind != "job" and (work.job or work.settings):
        name = "job" if work.job else "settings"
        yield Problem("lesson_field_idle", "", {"name": name, "kind": work.kind}), (*place, name), ""


def _folders(changes: Mapping[str, Value], earlier: list[Work], place: Path) -> Iterator[Found]:
    """Values such as `@base` must name what has run before, and of a comparison an arm of it."""
    for path, value in changes.items():
        if not (isinstance(value, str) and value.startswith("@")):
            continue
        key, _, arm = value[1:].partition(".")
        work = next((one for one in earlier if one.key == key), None)
        arms = [one.key for one in work.arms] if work else []
        if work is None or work.kind == "job":
            known = ", ".join(one.key for one in earlier if one.kind != "job") or "none"
            yield Problem("lesson_no_earlier_work", "", {"work": key, "known": known}), (*place, path), ""
        elif arm not in (arms or [""]):
            told = {"work": key, "arm": arm, "known": ", ".join(arms) or "none"}
            yield Problem("lesson_arm_unknown", "", told), (*place, path), ""


def _steps(lesson: Lesson) -> Iterator[Found]:
    ran: set[str] = set()
    keys = [work.key for work in lesson.work]
    for number, step in enumerate(lesson.steps):
        place: Path = ("steps", number)
        named = step.work if isinstance(step, Run | Reveal | Show) else ""
        if named and named not in keys:
            told = {"work": named, "known": ", ".join(keys)}
            yield Problem("lesson_work_unknown", "", told), (*place, "work"), ""
        elif isinstance(step, Run):
            ran.add(step.work)
        elif named and named not in ran:
            yield Problem("lesson_too_early", "", {"work": named}), (*place, "work"), ""
        if isinstance(step, Show) and step.chart and not step.work:
            yield Problem("lesson_field_missing", "", {"name": "work"}), place, ""
        for path, where in _bound_in(step, place):
            yield from _binding(lesson, path, where, ran)
        if isinstance(step, Bet):
            yield from _bet(lesson, step, place, ran)


def _bound_in(step: Step, place: Path) -> Iterator[tuple[str, Path]]:
    """What a step shows of the works."""
    for path in bindings_in(step.text):
        yield path, (*place, "text")
    if isinstance(step, Show | Reveal):
        for index, path in enumerate(step.figures):
            yield path, (*place, "figures", index)


def _binding(lesson: Lesson, path: str, place: Path, ran: set[str]) -> Iterator[Found]:
    try:
        bound = binding(path, lesson)
    except BadInput as bad:
        yield from ((problem, place, path) for problem in bad.problems)
        return
    if bound.work not in ran and not bound.before_running:
        yield Problem("lesson_too_early", "", {"work": bound.work}), place, path


def _bet(lesson: Lesson, bet: Bet, place: Path, ran: set[str]) -> Iterator[Found]:
    where: Path = (*place, "about")
    try:
        bound = binding(bet.about, lesson)
    except BadInput as bad:
        yield from ((problem, where, "") for problem in bad.problems)
        return
    if bound.work in ran:
        yield Problem("lesson_bet_too_late", "", {"work": bound.work}), where, ""
    if bound.before_running:
        yield Problem("lesson_bet_on_known", "", {"path": bet.about}), where, ""
    if len(bet.choices) == 1:
        yield Problem("lesson_one_choice"), (*place, "choices"), ""
    for index, choice in enumerate(bet.choices):
        if choice.above is None and choice.below is None:
            yield Problem("lesson_unbounded"), (*place, "choices", index), ""


def _promise(lesson: Lesson, promise: Promise, place: Path) -> Iterator[Found]:
    if bool(promise.figure) == bool(promise.danger):
        yield Problem("lesson_promise_odd"), place, ""
    elif promise.figure:
        if promise.above is None and promise.below is None:
            yield Problem("lesson_unbounded"), place, ""
        if promise.work or promise.arm or promise.absent:
            name = next(name for name in ("work", "arm", "absent") if getattr(promise, name))
            yield Problem("lesson_field_idle", "", {"name": name, "kind": "figure"}), (*place, name), ""
        yield from _binding(lesson, promise.figure, (*place, "figure"), {work.key for work in lesson.work})
    else:
        yield from _promised_danger(lesson, promise, place)


def _promised_danger(lesson: Lesson, promise: Promise, place: Path) -> Iterator[Found]:
    work = next((one for one in lesson.work if one.key == promise.work), None)
    if promise.above is not None or promise.below is not None:
        yield Problem("lesson_field_idle", "", {"name": "above, below", "kind": "danger"}), place, ""
    if work is None or work.kind == "job":
        known = ", ".join(one.key for one in lesson.work if one.kind != "job")
        yield Problem("lesson_work_unknown", "", {"work": promise.work, "known": known}), place, ""
    elif promise.arm not in ([arm.key for arm in work.arms] or [""]):
        told = {"work": work.key, "arm": promise.arm, "known": ", ".join(arm.key for arm in work.arms) or "none"}
        yield Problem("lesson_arm_unknown", "", told), place, ""


def all_bindings(lesson: Lesson) -> dict[str, Path]:
    """Everything that figures of `lesson` are bound to, and where it first stands."""
    found: dict[str, Path] = {}
    for number, step in enumerate(lesson.steps):
        for path, place in _bound_in(step, ("steps", number)):
            found.setdefault(path, place)
        if isinstance(step, Bet):
            found.setdefault(step.about, ("steps", number, "about"))
    for number, promise in enumerate(lesson.promises):
        if promise.figure:
            found.setdefault(promise.figure, ("promises", number, "figure"))
    return found
