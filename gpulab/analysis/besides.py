"""What stands below a verdict's four sentences: what was left out of them, and what they mean in other units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpulab.analysis import breakeven, figures, human, reaching, who_pays
from gpulab.analysis.case import Case
from gpulab.analysis.error_shares import certainty
from gpulab.analysis.ruling import seen
from gpulab.analysis.saying import Saying

_UNFINISHED = ("broken", "diverged", "failed", "vanished", "stopped")


def besides(case: Case, cost: Saying) -> Iterator[Saying]:
    """All that is known, what limits the verdict first. `cost` is the sentence that may have told some of it."""
    yield from _asked_before(case)
    yield from _left_out(case)
    yield from (Saying(reason) for arm, reason in case.judgement.incomparable if arm == case.arm)
    yield from _unfair(case)
    if seen(case) and "seen" not in cost.arguments:
        yield Saying("no_difference", {"seen": seen(case)})
    yield from _meaning(case)


def _meaning(case: Case) -> Iterator[Saying]:
    extras = case.extras
    if extras.guesses is not None:
        yield human.guessing(extras.guesses)
    if extras.left_out is not None:
        yield human.leaving_out(extras.left_out)
    quality = case.judgement.of(case.arm, "test_bits_per_byte")
    pays = any(part.pays for part in extras.slices)  # some part may lose while the text as a whole does not
    if quality is not None and (pays or quality.word == "worse"):
        who = who_pays.saying(extras.slices, quality.change)
        yield from [who] if who else []
    if extras.reached is not None:
        yield from reaching.sayings(extras.reached, case.comparison.rules)
    if extras.break_even is not None:
        yield breakeven.saying(extras.break_even)


def _asked_before(case: Case) -> Iterator[Saying]:
    """That the same runs were looked at under an earlier limit, which takes of the certainty."""
    asked = case.comparison.rules.asked
    if asked:
        yield Saying(
            "asked_before",
            {
                "limits": ", ".join(str(one.most_seeds) for one in asked),
                "looks": sum(one.looks for one in asked),
                "level": certainty(case.comparison.rules),
                "once": figures.LEVEL,
            },
        )


def _left_out(case: Case) -> Iterator[Saying]:
    """Runs of either side that did not come to their end, so that nobody takes them for averaged in."""
    for key in (case.arm, case.judgement.baseline):
        lost = case.lost_by(key)
        for state in _UNFINISHED:
            if seeds := lost.get(state):
                yield Saying(
                    f"left_out_{state}{_one(seeds)}", {"side": _name(case, key), "count": len(seeds), **_listed(seeds)}
                )


def _unfair(case: Case) -> Iterator[Saying]:
    """Runs of either side whose speed was not compared, though all else was."""
    for key in (case.arm, case.judgement.baseline):
        seeds = [seed for arm, seed, _ in case.judgement.unfair if arm == key]
        if seeds:
            yield Saying(f"speed_left_out{_one(seeds)}", {"side": _name(case, key), **_listed(seeds)})


def _name(case: Case, key: str) -> str:
    return case.comparison.arm(key).name


def _one(seeds: Sequence[int]) -> str:
    """One seed has a sentence of its own."""
    return "_one" if len(set(seeds)) == 1 else ""


def _listed(seeds: Sequence[int]) -> dict[str, str]:
    return {"seeds": ", ".join(str(seed) for seed in sorted(set(seeds)))}
