"""What a comparison's file may say about earlier ones is held to the same bounds as its own rules."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gpulab.spec.comparison import MOST_SEEDS, Arm, Asked, Comparison, Rules, checked
from gpulab.spec.problem import BadInput

PLAIN = Comparison("plain", "runs", (Arm("one", "one"), Arm("two", "two")))


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ((Asked(10**9, 3),), ["rules.asked.most_seeds"]),
        ((Asked(3, 0),), ["rules.asked.looks"]),
        ((Asked(3, -5), Asked(0, 3)), ["rules.asked.looks", "rules.asked.most_seeds"]),
        ((Asked(3, 3),) * 101, ["rules.asked"]),
    ],
)
def test_counts_that_no_comparison_can_have_had_are_refused(asked: tuple[Asked, ...], fields: list[str]) -> None:
    with pytest.raises(BadInput) as bad:
        checked(replace(PLAIN, rules=Rules(asked=asked)))
    assert [(problem.key, problem.field) for problem in bad.value.problems] == [("out_of_range", f) for f in fields]


def test_counts_that_it_can_have_had_are_taken() -> None:
    asked = tuple(Asked(seeds, seeds) for seeds in (1, 10, MOST_SEEDS))
    assert checked(replace(PLAIN, rules=Rules(asked=asked))).rules.asked == asked
