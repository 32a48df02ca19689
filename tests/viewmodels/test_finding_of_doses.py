"""What a sweep of doses shows: places in order, the last safe one and the cliff where they are."""

from __future__ import annotations

from gpulab.events.documents import Suggestion, Trial
from gpulab.viewmodels.finding_of_doses import doses_plots, doses_table

SAID = [Suggestion(key="doses_last_safe_up")]


def swept(*doses: tuple[str, str, float | None, float | None]) -> list[Trial]:
    """Trials from name, label, amount and change."""
    return [
        Trial(
            number=number,
            seconds=1.0,
            names={"dose": name, "label": label},
            values={
                "dose": amount,
                "change": change,
                "bits_per_byte": None if change is None else 2.0 * (1 + change),
                "model_bytes": 1000.0,
                "speed": 1.0,
            },
        )
        for number, (name, label, amount, change) in enumerate(doses, 1)
    ]


WHOLE = ("", "", None, 0.0)
PRUNED = swept(
    WHOLE, *((f"{d:g}", f"{d:g}", d, change) for d, change in ((0.1, 0.0), (0.3, -0.001), (0.5, 0.004), (0.7, 0.5)))
)


def test_the_last_safe_dose_and_the_cliff_are_marked_at_their_places() -> None:
    quality, size = doses_plots(PRUNED, SAID)
    assert quality.places == ("whole", "0.1", "0.3", "0.5", "0.7")
    assert [(mark.x, mark.words) for mark in quality.marks] == [(3.0, "last safe"), (4.0, "cliff")]
    assert size.marks == quality.marks
    assert not doses_plots(PRUNED, [])[0].marks


def test_a_model_that_broke_leaves_a_gap_and_a_cliff() -> None:
    quality, _ = doses_plots(swept(WHOLE, ("0.1", "0.1", 0.1, 0.0), ("0.9", "0.9", 0.9, None)), SAID)
    assert quality.curves[0].x == (0.0, 1.0)
    assert [(mark.x, mark.words) for mark in quality.marks] == [(1.0, "last safe"), (2.0, "cliff")]


def test_schemes_are_short_below_the_axis_and_long_in_the_table() -> None:
    made = swept(WHOLE, ("int8", "Weights in 8 bits", 8.0, 0.0), ("int4", "4 bits (simulation)", 4.0, 0.2))
    assert doses_plots(made, SAID)[0].places == ("whole", "8 bits", "4 bits")
    rows = doses_table(made)
    assert [row[0] for row in rows] == ["dose", "whole", "Weights in 8 bits", "4 bits (simulation)"]
    assert rows[3][2] == "+20.0 %"


def test_nothing_is_marked_where_everything_is_safe() -> None:
    assert doses_plots(PRUNED[:3], SAID)[0].marks == ()
