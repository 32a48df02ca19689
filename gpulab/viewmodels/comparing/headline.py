"""What stands above a comparison: what is asked, how far it has come, what can be done about it."""

from __future__ import annotations

import msgspec

from gpulab.comparisons.standing import Standing, State
from gpulab.viewmodels.speeds import Finished


class Headline(msgspec.Struct, frozen=True):
    """`share` is how much of the work is done, 0 to 1; `at_work` the arm and seed that train now, `part` of it done."""

    name: str
    state: State
    done_runs: int
    planned_runs: int
    seeds: int
    looks: int
    open: int
    seconds_left: float | None
    at_work: tuple[str, int] | None
    tuned: bool
    part: float = 0.0

    @property
    def share(self) -> float:
        """Never full while it works."""
        if self.state == "done":
            return 1.0
        return min((self.done_runs + self.part) / self.planned_runs, 0.99) if self.planned_runs else 0.0

    @property
    def working(self) -> bool:
        return self.state in ("working", "waiting")

    @property
    def can_go_on(self) -> bool:
        return self.state in ("stopped", "failed", "vanished")


def headline(standing: Standing) -> Headline:
    """The headline of `standing`."""
    names = {arm.key: arm.name for arm in standing.comparison.arms}
    at_work = standing.current and (names.get(standing.current[0], standing.current[0]), standing.current[1])
    return Headline(
        standing.comparison.name,
        standing.state,
        standing.done_runs,
        standing.planned_runs,
        standing.complete_seeds,
        standing.judgement.looks,
        len(standing.judgement.undecided),
        standing.seconds_left,
        at_work or None,
        bool(standing.tuned),
        standing.current_share,
    )


def measured(standing: Standing) -> list[Finished]:
    """The runs that came to their end undisturbed, as far as the speed of their device needs them."""
    return [
        Finished(standing.runs[one.arm, one.seed], one.device, one.figures["tokens_per_s"])
        for one in standing.observations
        if one.state == "done" and not one.unfair and one.device and "tokens_per_s" in one.figures
        if (one.arm, one.seed) in standing.runs
    ]
