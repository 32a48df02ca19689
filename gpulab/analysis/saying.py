"""A sentence before it is one: rules decide what is said, `gpulab.words` how."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from gpulab.spec.problem import Argument


class Saying(msgspec.Struct, frozen=True):
    """The key of a sentence in `gpulab.words` and what fills its blanks; figures are written out already.

    `changes` are settings to try, by their paths, where the sentence suggests some.
    """

    key: str
    arguments: Mapping[str, Argument] = {}
    changes: Mapping[str, Argument] = {}


class Verdict(msgspec.Struct, frozen=True):
    """What a comparison found about `arm`, in four sentences that agree with its table.

    `besides` are what should be shown below them: runs that were left out, what it means in plain words, who pays.
    """

    arm: str
    benefit: Saying
    cost: Saying
    confidence: Saying
    next: Saying
    besides: tuple[Saying, ...] = ()
