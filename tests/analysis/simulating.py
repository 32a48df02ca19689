"""Comparisons that never were: arms whose figures are drawn from what real runs of one and the same training showed.

Runs are drawn whole, so that metrics stay as correlated as they are, and unpaired, which scatters more than arms that
share a seed do: what holds here holds there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from gpulab.analysis import looking
from gpulab.analysis.error_shares import errors_of, plan_for
from gpulab.analysis.looking import DOWN, OPEN, UP
from gpulab.analysis.metrics import BY_KEY
from gpulab.bench.repeats import Noise
from gpulab.spec.comparison import Arm, Comparison, Rules

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int, int], Floats]
"""Of a generator, the number of comparisons, of arms and of seeds: (comparisons, arms, seeds, metrics) logarithms."""

KEYS = ("test_bits_per_byte", "tokens_per_s", "inference_tokens_per_s", "peak_memory_bytes")


@cache
def noise() -> Noise:
    """The recorded runs, with where they come from."""
    return msgspec.json.decode((Path(__file__).parent / "noise.json").read_bytes(), type=Noise)


@cache
def recorded() -> Floats:
    """Logarithms of the recorded figures around their means, (runs, metrics)."""
    logs = np.log([[repeat.figures[key] for key in KEYS] for repeat in noise().repeats])
    return np.asarray(logs - logs.mean(0))


def resampled(rng: np.random.Generator, comparisons: int, arms: int, seeds: int) -> Floats:
    """Each run is one of the recorded ones, whichever."""
    return recorded()[rng.integers(0, len(recorded()), (comparisons, arms, seeds))]


def quiet(rng: np.random.Generator, comparisons: int, arms: int, seeds: int) -> Floats:
    """The same of those runs only that trained and wrote undisturbed."""
    runs = recorded()
    speeds = runs[:, 1:3] - np.median(runs[:, 1:3], axis=0)
    runs = runs[(np.abs(speeds) < 0.15).all(1)]
    return np.asarray(runs[rng.integers(0, len(runs), (comparisons, arms, seeds))])


def in_order(rng: np.random.Generator, comparisons: int, arms: int, seeds: int) -> Floats:
    """Runs that followed one another, arms taking turns (A B, B A): a slow quarter of an hour stays one."""
    begin = rng.integers(0, len(recorded()) - arms * seeds + 1, (comparisons, 1))
    found = recorded()[begin + np.arange(arms * seeds)].reshape(comparisons, seeds, arms, len(KEYS))
    found[:, 1::2] = found[:, 1::2, ::-1]
    return np.asarray(found.swapaxes(1, 2))


def heavy(rng: np.random.Generator, comparisons: int, arms: int, seeds: int) -> Floats:
    """Student's t with 3 degrees of freedom: outliers in every metric, on their own."""
    spread = np.array([0.004, 0.02, 0.02, 0.004])
    return np.asarray(spread * rng.standard_t(3, (comparisons, arms, seeds, len(KEYS))))


def as_one(rng: np.random.Generator, comparisons: int, arms: int, seeds: int) -> Floats:
    """All metrics go up and down together."""
    return np.repeat(rng.normal(0.0, 0.01, (comparisons, arms, seeds, 1)), len(KEYS), -1)


def comparison(arms: int = 2, rules: Rules | None = None) -> Comparison:
    """A comparison of so many arms, the baseline counted."""
    return Comparison("Simulated", "variants", tuple(Arm(f"arm{n}", f"Arm {n}") for n in range(arms)), rules or Rules())


class Simulated:
    """Many comparisons at once. `words` and `shifts` are (comparisons, variants, seeds, metrics)."""

    def __init__(self, asked: Comparison, logs: Floats, truth: Mapping[str, float] | None = None) -> None:
        true = np.log1p([(truth or {}).get(key, 0.0) for key in KEYS])
        self.comparison, self.true = asked, true
        self.shifts = logs[:, 1:] - logs[:, :1] + true
        self.words = np.stack([self._words(index) for index in range(len(KEYS))], -1)

    def _words(self, index: int) -> looking.Signs:
        metric = BY_KEY[KEYS[index]]
        region = metric.region(self.comparison.rules)
        error = errors_of(self.comparison)[self.comparison.arms[1].key, metric.key]
        plan = plan_for(self.comparison, self.shifts.shape[2], error)
        bounds = float(np.log1p(-region)), float(np.log1p(region))
        return looking.findings(self.shifts[..., index], plan, bounds)

    @property
    def claims(self) -> npt.NDArray[np.bool_]:
        """Where better or worse was said, whatever became of it later; (comparisons, variants, seeds, metrics)."""
        return np.isin(self.words, (UP, DOWN))

    @property
    def false_share(self) -> float:
        """The share of comparisons in which anything was claimed at any look."""
        return float(self.claims.any((1, 2, 3)).mean())

    def stops(self, alone: bool = False) -> npt.NDArray[np.intp]:
        """Where each stops, as an index of seeds: everything is decided, or each metric `alone`, or seeds end."""
        decided = self.words != OPEN
        decided = decided if alone else np.broadcast_to(decided.all((1, 3), keepdims=True), decided.shape)
        last = self.words.shape[2] - 1
        return np.asarray(np.where(decided.any(2), decided.argmax(2), last))

    def coverage(self, alone: bool = False) -> Floats:
        """How often the interval shown at the stop holds the truth, by metric."""
        from scipy.stats import t

        stop = self.stops(alone)[:, :, None]
        means, errors = looking.means_and_errors(self.shifts.swapaxes(2, 3))
        mean, error = (np.take_along_axis(part.swapaxes(2, 3), stop, 2)[:, :, 0] for part in (means, errors))
        seeds = self.shifts.shape[2]
        plan = plan_for(self.comparison, seeds, 0.01)
        levels = np.array([plan.shown(count) for count in range(1, seeds + 1)])
        half = t.isf(levels[stop[:, :, 0]] / 2.0, stop[:, :, 0]) * error
        return np.asarray((np.abs(mean - self.true) <= half).mean((0, 1)))
