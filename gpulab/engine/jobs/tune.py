"""Makes an experiment fast on this machine: one lever after the other, kept where it proves faster beside the rest.

For the goal "speed" the experiment as it was and as it became then train on equally much text with several seeds, and
levers that cost quality are dropped again. For "time to quality" optimizers, rates and batches race to the validation
loss of the experiment as it was. The last measurement sets everything that is kept beside the experiment as it was.
"""

from __future__ import annotations

from gpulab.engine.jobs.harm import drop_what_harms
from gpulab.engine.jobs.pulling import pull_levers, with_kept
from gpulab.engine.jobs.reaching import reach
from gpulab.engine.jobs.tuned import kept
from gpulab.engine.jobs.windows import Side, in_turns, sizes_as_they_come
from gpulab.engine.jobs.workplace import Workplace
from gpulab.spec.jobs import Tune


def planned(settings: Tune) -> int:
    """Nobody knows before: it depends on what this machine allows."""
    return 0


def measure(place: Workplace, settings: Tune) -> None:
    """Notes what each candidate brought or why it was not tried, how the quality stands, and all together."""
    with sizes_as_they_come():
        pull_levers(place, settings)
        if settings.goal == "time_to_quality":
            reach(place, settings)
            return
        drop_what_harms(place, settings)
        if kept(place.trials):
            _together(place, settings)


def _together(place: Workplace, settings: Tune) -> None:
    """Everything that is kept beside the experiment as it was, measured anew."""
    old, new = Side(place, place.experiment), Side(place, with_kept(place))
    old.warm_up()
    new.warm_up()
    ratio, before_s, after_s = in_turns(old, new, settings)
    figures = {"ratio": ratio.value, "low": ratio.low, "high": ratio.high, "step_s": after_s, "step_before_s": before_s}
    place.note({**figures, "setup_s": new.setup_s}, {"stage": "together"})
