"""Smoothing that is computed once over the whole history, so that a curve never changes when somebody zooms."""

from __future__ import annotations

import math

import numpy as np

from gpulab.viewmodels.series import Column, Floats

MOST = 0.99
NEGLIGIBLE = 1e-17


class Smoother:
    """A debiased exponential moving average that takes new values as they come.

    With weight w, m[t] = w m[t-1] + (1-w) y[t] and s[t] = m[t] / (1 - w^(t+1)), as Adam corrects its moments
    (https://arxiv.org/abs/1412.6980, section 3), so that the first value is itself and not pulled towards zero.
    """

    def __init__(self, weight: float) -> None:
        if not 0.0 <= weight <= MOST:
            raise ValueError(f"the smoothing weight must be from 0 to {MOST}, not {weight}")
        self.weight = weight
        self.out = Column()
        self._mean = 0.0

    def extend(self, values: Floats) -> None:
        """Takes the values that follow those it already has."""
        if not len(values):
            return
        moving = decaying_sum((1.0 - self.weight) * values, self.weight)
        fading = self.weight ** np.arange(1.0, min(len(values), reach(self.weight)) + 1)
        moving[: len(fading)] += self._mean * fading
        self._mean = float(moving[-1])
        missing = fading * self.weight ** len(self.out)  # the weight that the mean still gives to its start at zero
        moving[: len(fading)] /= 1.0 - missing
        self.out.extend(moving)


def reach(weight: float) -> int:
    """How many values back still count at double precision."""
    return math.ceil(math.log(NEGLIGIBLE) / math.log(weight)) if weight > 0 else 1


def decaying_sum(values: Floats, weight: float) -> Floats:
    """The sums s[t] = values[t] + weight * s[t-1].

    By doubling: after the pass with shift k each element holds its last 2k terms, so a dozen vector passes replace a
    loop over every value (100,000 values in about a millisecond), and the passes end when weight^k no longer counts.
    """
    total = values.astype(np.float64)
    shift = 1
    while shift < min(len(total), reach(weight)):
        total[shift:] += weight**shift * total[:-shift]
        shift *= 2
    return total
