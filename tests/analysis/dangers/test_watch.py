"""Whoever watches a run says the same of it, step by step or all at once, and no rule can spoil it."""

from __future__ import annotations

from gpulab.analysis.dangers import Danger, Detector, Evidence, Happening, Points
from gpulab.analysis.dangers.danger import Severity
from gpulab.analysis.dangers.watch import Watch, moments, until, worst

LOSSES = (3.0, 2.0, 2.4, 2.9, 1.5)


def rule(name: str, above: float, severity: Severity = "warning") -> Detector:
    """Raised while the newest validation loss is above the best one by more than `above`."""

    def look(evidence: Evidence) -> Danger | None:
        known = evidence.points("val_loss").known
        turned = known[-1][1] - min(value for _, value in known) if known else 0.0
        return Danger("turned", severity, evidence.step, {"by": round(turned, 3)}) if turned > above else None

    return Detector(name, name, "the loss", "some", "it hurts", "nobody", look)


def evidence(looks: int, status: str = "") -> Evidence:
    steps = tuple(range(0, 10 * looks, 10))
    return Evidence(
        step=steps[-1],
        steps=100,
        settings={"training": {"eval_interval": 10}},
        series={"val_loss": Points(steps, LOSSES[:looks]), "train_loss": Points((5, 35), (1.0, 2.0))},
        happenings=(Happening("noticed", 25), Happening("noticed", 27)),
        summary={"a": 1} if status else {},
        status=status,
    )


def test_followed_or_read_at_once_the_same_is_said() -> None:
    rules = [rule("turning", 0.3)]
    followed, read = Watch(rules), Watch(rules)
    for looks in range(1, 6):
        followed.look(evidence(looks))
    for watch in (followed, read):
        watch.look(evidence(5, "done"))
    assert followed.raised == read.raised != ()


def test_what_is_over_stays_raised_with_its_first_step_and_its_newest_figures() -> None:
    watch = Watch([rule("turning", 0.3)])
    watch.look(evidence(5, "done"))
    (found,) = watch.raised
    assert found.danger.step == 20  # 2.4 after 2.0
    assert found.danger.arguments == {"by": 0.9}  # 2.9 after 2.0, though the end was the best of all


def test_the_gravest_comes_first() -> None:
    watch = Watch([rule("a", 0.3, "info"), rule("b", 0.8, "danger"), rule("c", 0.3)])
    assert worst(watch.raised) is None
    watch.look(evidence(5))
    assert [one.detector.name for one in watch.raised] == ["b", "c", "a"]
    assert worst(watch.raised) == "danger"


def test_a_rule_that_fails_is_named_once_and_ends_nothing() -> None:
    def broken(evidence: Evidence) -> Danger | None:
        raise ZeroDivisionError("division by zero")

    watch = Watch([Detector("broken", "Broken", "", "", "", "", broken), rule("turning", 0.3)])
    for looks in range(1, 6):
        watch.look(evidence(looks))
    assert [(off.detector.name, off.error) for off in watch.switched_off] == [
        ("broken", "ZeroDivisionError: division by zero")
    ]
    assert [one.detector.name for one in watch.raised] == ["turning"]


def test_rules_are_asked_at_looks_and_first_notices_only_and_again_only_for_news() -> None:
    asked: list[tuple[int, str]] = []

    def listen(evidence: Evidence) -> Danger | None:
        asked.append((evidence.step, evidence.status))
        return None

    watch = Watch([Detector("listener", "", "", "", "", "", listen)])
    for _ in range(3):
        watch.look(evidence(4))
    watch.look(evidence(4, "done"))
    watch.look(evidence(4, "done"))
    assert asked == [(0, ""), (10, ""), (20, ""), (25, ""), (30, ""), (30, "done")]
    watch.go_back(10)
    watch.look(evidence(3))
    assert asked[6:] == [(20, "")]


def test_what_a_resumed_run_lives_again_is_taken_back() -> None:
    watch = Watch([rule("turning", 0.3)])
    watch.look(evidence(4))
    watch.go_back(10)
    assert not watch.raised
    watch.look(evidence(4))
    assert watch.raised[0].danger.step == 20


def test_what_only_the_end_showed_is_taken_back_by_a_resume_from_there() -> None:
    def ended(evidence: Evidence) -> Danger | None:
        return Danger("cut", "info", evidence.step, {}) if evidence.status else None

    watch = Watch([Detector("cut", "", "", "", "", "", ended)])
    watch.look(evidence(3, "stopped"))
    assert [one.danger.step for one in watch.raised] == [20]
    watch.go_back(20)
    assert not watch.raised


def test_nothing_later_is_known_at_a_step() -> None:
    then = until(evidence(5, "done"), 20)
    assert (then.step, then.status, then.summary) == (20, "", {})
    assert then.points("val_loss") == Points((0, 10, 20), (3.0, 2.0, 2.4))
    assert then.points("train_loss") == Points((5,), (1.0,))
    assert not then.happenings
    assert then.points("unknown").known == []


def test_a_long_run_is_looked_at_about_a_hundred_times() -> None:
    steps = tuple(range(0, 100_000, 10))
    long = Evidence(100_000, 100_000, {"training": {"eval_interval": 10}}, {"val_loss": Points(steps, (1.0,) * 10_000)})
    assert len(moments(long)) == 100
