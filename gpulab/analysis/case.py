"""What the rules of a verdict look at: one arm's changes sorted by their word, and facts beside the judgement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec

from gpulab.analysis.breakeven import BreakEven
from gpulab.analysis.changes import Change, Judgement, Word
from gpulab.analysis.human import Guesses, LeftOut
from gpulab.analysis.metrics import BY_KEY, METRICS
from gpulab.analysis.reaching import Reached
from gpulab.analysis.sequential import lost_alone
from gpulab.analysis.who_pays import SliceChange
from gpulab.spec.comparison import Comparison


class Extras(msgspec.Struct, frozen=True):
    """What a verdict may say beyond the judgement; what is not known is left empty.

    `over`: the comparison has finished, so that it cannot go on. `tuned` has the learning rate that each arm's own
    search found, `learning_rate` is the arm's, `steps` how many it trains; `rates_differ` where the experiments of both
    sides have different ones. `dose` is the path of the setting that could be swept for this arm, `dose_label` what
    people call it. The others are what `reaching`, `breakeven`, `human` and `who_pays` found about the arm.
    """

    tuned: Mapping[str, float] = {}
    learning_rate: float = 0.0
    rates_differ: bool = False
    steps: int = 0
    over: bool = False
    dose: str = ""
    dose_label: str = ""
    reached: Reached | None = None
    break_even: BreakEven | None = None
    guesses: Guesses | None = None
    left_out: LeftOut | None = None
    slices: tuple[SliceChange, ...] = ()


class Case:
    """One arm before its judge. Changes come in the order of `METRICS`, judged ones only."""

    def __init__(self, comparison: Comparison, judgement: Judgement, arm: str, extras: Extras) -> None:
        self.comparison, self.judgement, self.arm, self.extras = comparison, judgement, arm, extras

    def with_word(self, word: Word) -> list[Change]:
        """The judged changes that were given `word`."""
        found = (self.judgement.of(self.arm, metric.key) for metric in METRICS if metric.judged)
        return [change for change in found if change is not None and change.word == word]

    @cached_property
    def gains(self) -> list[Change]:
        return self.with_word("better")

    @cached_property
    def losses(self) -> list[Change]:
        return self.with_word("worse")

    @cached_property
    def alike(self) -> list[Change]:
        return self.with_word("same")

    @cached_property
    def open(self) -> list[Change]:
        return self.with_word("too_few")

    @cached_property
    def unmeasured(self) -> list[str]:
        """Judged metrics of which no pair of runs could be compared; one and the same training has no two sides."""
        undecided = [metric for arm, metric in self.judgement.undecided if arm == self.arm]
        missing = [metric for metric in undecided if self.judgement.of(self.arm, metric) is None]
        return [metric for metric in missing if BY_KEY[metric].of_model or not self.same_runs]

    @property
    def unsettled(self) -> bool:
        """Whether anything that is judged got no word yet."""
        return bool(self.open or self.unmeasured)

    @property
    def unsettled_labels(self) -> str:
        """The names of what got no word yet."""
        keys = [*(change.metric for change in self.open), *self.unmeasured]
        return ", ".join(BY_KEY[key].label for key in keys)

    @cached_property
    def decided(self) -> list[Change]:
        return [*self.gains, *self.losses, *self.alike]

    @property
    def awaited(self) -> bool:
        """Whether seeds are still added for something that is open."""
        return any(self.comparison.rules.awaits(BY_KEY[change.metric].family) for change in self.open)

    @cached_property
    def as_good(self) -> Change | None:
        """The primary metric where it was decided as the same: what most people ask first."""
        return next((change for change in self.alike if BY_KEY[change.metric].primary), None)

    @property
    def nothing(self) -> bool:
        """Whether no figure of this arm could be compared."""
        return not self.decided and not self.open

    @cached_property
    def left_out(self) -> dict[str, list[int]]:
        """Seeds of this arm's runs that did not come to their end, by what became of them."""
        return self.lost_by(self.arm)

    def lost_by(self, key: str) -> dict[str, list[int]]:
        """The same of any arm. Compression that broke a model which had trained well is no divergence: `broken`."""
        found: dict[str, list[int]] = {}
        others = {(arm, seed) for arm, seed, _ in self.judgement.left_out}
        for arm, seed, state in self.judgement.left_out:
            if arm != key:
                continue
            alone = key == self.arm and self.same_runs and (self.judgement.baseline, seed) not in others
            found.setdefault("broken" if state == "diverged" and alone else state, []).append(seed)
        return found

    @cached_property
    def lost_alone(self) -> list[int]:
        """Seeds whose training diverged, or whose model broke, on this side only."""
        return sorted(lost_alone(self.judgement.left_out, self.judgement.baseline, self.arm))

    @property
    def pairs(self) -> int:
        """Seeds that both sides have: the most that any change rests on."""
        changes = [*self.open, *self.varying] or self.decided
        return max((change.pairs for change in changes), default=0)

    @property
    def most(self) -> int:
        """How many pairs there may be; of runs that were there before, those that there are."""
        return self.pairs if self.comparison.question == "runs" else self.comparison.rules.most_seeds

    @property
    def spent(self) -> bool:
        """Whether there will be no further pairs."""
        return self.pairs >= self.most

    @property
    def apart(self) -> bool:
        """Whether some of its figures were not compared because they cannot be."""
        return any(arm == self.arm for arm, _ in self.judgement.incomparable)

    @property
    def disturbed(self) -> bool:
        """Whether runs of either side were slowed down by something else, so that their speed was not compared."""
        return any(arm in (self.arm, self.judgement.baseline) for arm, _, _ in self.judgement.unfair)

    @property
    def varying(self) -> list[Change]:
        """Decided changes of figures that differ from run to run."""
        return [change for change in self.decided if not BY_KEY[change.metric].exact]

    @property
    def orphaned(self) -> bool:
        """Whether there is nothing to compare with because the baseline's runs did not come to their end."""
        return self.nothing and not self.left_out and bool(self.lost_by(self.judgement.baseline))

    @property
    def same_runs(self) -> bool:
        """Whether both sides are the same trained models."""
        arm, baseline = self.comparison.arm(self.arm), self.comparison.baseline
        return self.comparison.trained_by(arm) == self.comparison.trained_by(baseline)

    @property
    def rate_decides(self) -> bool:
        """Whether both sides were trained for this comparison, and not in order to compare learning rates."""
        return self.comparison.question != "runs" and not self.extras.rates_differ

    @property
    def tuned(self) -> bool:
        return {self.arm, self.judgement.baseline} <= set(self.extras.tuned)
