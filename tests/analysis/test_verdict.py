"""Verdicts: every rule speaks for its case, and no figure is said that does not stand in the table."""

from __future__ import annotations

import math
from string import Formatter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.breakeven import BreakEven
from gpulab.analysis.case import Case, Extras
from gpulab.analysis.changes import Change, Judgement, Word
from gpulab.analysis.human import Guesses, LeftOut
from gpulab.analysis.intervals import Interval
from gpulab.analysis.metrics import METRICS
from gpulab.analysis.next_steps import NEXT
from gpulab.analysis.reaching import Reached, Taken
from gpulab.analysis.verdict import _BENEFIT, _CONFIDENCE, _COST, verdict
from gpulab.analysis.who_pays import SliceChange
from gpulab.spec.comparison import Arm, Asked, Rules
from gpulab.words.verdicts import NO_RESULT, SENTENCES
from tests.analysis.judgements import WITH, change, comparison, judged, numbers, sayings, spoken, table

QUALITY, SPEED, SIZE = "test_bits_per_byte", "tokens_per_s", "model_bytes"
BOTH = {"a": 3e-4, "b": 2e-3}
WORDS: tuple[Word, ...] = ("better", "worse", "same", "too_few")


@st.composite
def judgements(draw: st.DrawFn) -> Judgement:
    changes = []
    for metric in METRICS:
        if draw(st.booleans()):
            base, by = draw(st.floats(1e-3, 1e9)), draw(st.floats(-0.95, 20.0))
            word: Word = draw(st.sampled_from(WORDS))
            spread, pairs = draw(st.floats(1e-4, 0.5)), draw(st.integers(1, 20))
            changes.append(change(metric.key, word, base, by, spread, pairs))
    lost = draw(st.sets(st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.sampled_from(("diverged", "stopped")))))
    return judged(*changes, left_out=tuple(lost))


@given(judgements(), st.sampled_from((3, 10, 20)), st.floats(1e-6, 1.0), st.booleans())
def test_no_figure_is_said_that_is_not_in_the_data(judgement: Judgement, most: int, rate: float, tuned: bool) -> None:
    rules = Rules(most_seeds=most)
    extras = Extras(learning_rate=rate, tuned=BOTH if tuned else {})
    found = verdict(comparison(rules=rules), judgement, "b", extras)
    of_rules = {str(most), str(min(20, 2 * most)), "95", "0.0003", "0.002", "3.0e-4"}
    counted = {str(one.pairs) for one in judgement.changes} | {str(n) for n in range(10)}
    suggested = numbers([str(value) for value in found.next.arguments.values()]) if found.next.changes else set()
    known = numbers(list(table(judgement.changes))) | of_rules | counted | suggested
    for saying in sayings(found):
        assert numbers([spoken(saying)]) <= known, spoken(saying)


def said(judgement: Judgement, arm: Arm = WITH, **extras: Any) -> list[str]:
    """The keys of the four sentences."""
    found = verdict(comparison(arm), judgement, "b", Extras(**extras))
    for saying in sayings(found):
        spoken(saying)
    return [found.benefit.key, found.cost.key, found.confidence.key, found.next.key]


def of(quality: Word, speed: Word, size: Word = "same", pairs: int = 3) -> tuple[Change, ...]:
    return (
        change(QUALITY, quality, 1.9, -0.03, pairs=pairs),
        change(SPEED, speed, 4e5, 0.2, pairs=pairs),
        change(SIZE, size, 1e6, 0.0 if size == "same" else -0.7),
    )


LOST: dict[str, Any] = {"left_out": (("b", 1, "diverged"),)}
LATER = BreakEven(20.0, 1e-4, 1237, 1200, 1300, False, 3)
UNMEASURED: dict[str, Any] = {"undecided": (("b", SPEED),)}
DISTURBED: dict[str, Any] = {**UNMEASURED, "unfair": (("a", 1, "run_throttled"),)}
EXACT = (change(SIZE, "better", 1e6, -0.72),)
CASES: list[tuple[Judgement, dict[str, Any], list[str | None]]] = [
    (judged(*of("better", "better")), {}, ["test_bits_per_byte_more", "none", "sure_untuned", "keep"]),
    (judged(*of("better", "worse")), {}, ["test_bits_per_byte", "tokens_per_s", "sure_untuned", "weigh"]),
    (judged(*of("better", "same")), {"dose": "x"}, ["test_bits_per_byte", "none_seen", "sure_untuned", "further"]),
    (judged(*of("better", "too_few")), {}, ["test_bits_per_byte", "open", "partly_strict_untuned", "everything"]),
    (judged(*of("worse", "too_few")), {}, ["open", "test_bits_per_byte", "partly_strict_untuned", "tune"]),
    (judged(*of("better", "too_few", pairs=10)), {}, ["test_bits_per_byte", "open", None, "raise_seeds"]),
    (judged(*of("better", "same"), **LOST), {}, ["test_bits_per_byte", "diverged", "sure_untuned", "lower"]),
    (judged(*of("same", "same"), **LOST), {}, ["none_as_good", "diverged", "sure_of_none_untuned", "lower"]),
    (judged(*of("worse", "better")), {}, ["tokens_per_s", "test_bits_per_byte", "sure_untuned", "tune"]),
    (judged(*of("worse", "better")), {"tuned": BOTH}, ["tokens_per_s", "test_bits_per_byte", "sure_tuned", "weigh"]),
    (judged(*of("worse", "better")), {"tuned": BOTH, "dose": "x"}, ["tokens_per_s", None, "sure_tuned", "doses"]),
    (
        judged(*of("same", "better")),
        {"break_even": LATER},
        ["tokens_per_s_as_good", "none_seen", "sure_untuned", "longer"],
    ),
    (judged(*of("worse", "worse")), {"tuned": BOTH}, ["none", "test_bits_per_byte_more", "sure_tuned", "leave"]),
    (judged(*of("same", "worse")), {}, ["none_as_good", "tokens_per_s", "sure_untuned", "leave"]),
    (judged(*of("same", "same")), {}, ["same", "none_seen", "sure_of_none_untuned", "leave_same"]),
    (judged(*of("too_few", "too_few", pairs=3)), {}, ["open", "open", "open_strict_untuned", "more_seeds"]),
    (judged(*of("too_few", "too_few")[:2]), {}, ["open", "open", "open_strict_untuned", "more_seeds"]),
    (judged(*of("too_few", "same", pairs=10)[:1]), {}, ["open", "open", "spent_strict_untuned", "raise_seeds"]),
    (judged(*EXACT, **UNMEASURED), {}, ["model_bytes", "open", "partly_untuned", "more_runs"]),
    (judged(*EXACT, **DISTURBED), {}, ["model_bytes", "open", "partly_untuned", "quiet"]),
    (judged(*EXACT), {}, ["model_bytes", "none", "exact", "keep"]),
    (judged(left_out=(("a", 1, "failed"),)), {}, ["orphaned", "waiting", "none", "baseline"]),
    (
        judged(*EXACT, change(QUALITY, "same", by=0.0)),
        {},
        ["model_bytes_as_good", "none_seen", "sure_of_rest_untuned", "keep"],
    ),
    (judged(), {}, ["waiting", "waiting", "none", "wait"]),
    (judged(**LOST), {"learning_rate": 3e-3}, ["diverged", "no_result", "none", "lower_rate"]),
    (judged(**LOST), {}, ["diverged", "no_result", "none", "lower"]),
    (judged(left_out=(("b", 1, "failed"),)), {}, ["failed", "no_result", "none", "failure"]),
    (judged(incomparable=(("b", "arms_differ_in_corpus"),)), {}, ["incomparable", "incomparable", "none", "alike"]),
]


@pytest.mark.parametrize(("judgement", "extras", "keys"), CASES)
def test_each_case_has_its_sentences(judgement: Judgement, extras: dict[str, Any], keys: list[str | None]) -> None:
    for got, side, key in zip(said(judgement, **extras), ("benefit", "cost", "confidence", "next"), keys, strict=True):
        assert key is None or got == f"{side}_{key}"


def test_every_rule_speaks_for_some_case() -> None:
    spent = judged(*of("too_few", "same", pairs=20)[:1]), {"rules": Rules(most_seeds=20)}
    broken = {"arm": Arm("b", "Pruned", runs_of="a")}
    speed_spent = judged(*of("same", "too_few", pairs=20)), {"rules": Rules(most_seeds=20)}
    cases: list[tuple[Judgement, dict[str, Any], dict[str, Any]]] = [(*spent, {}), (*speed_spent, {})]
    cases += [(judged(**LOST), broken, extras) for extras in ({}, {"dose": "x"})]
    cases += [(judgement, {}, extras) for judgement, extras, _ in CASES]
    asked_of_runs = msgspec.structs.replace(comparison(), question="runs")
    for rules in (_BENEFIT, _COST, _CONFIDENCE, NEXT):
        spoke = set()
        of_runs = (judged(), judged(*of("too_few", "same")))
        asked_about = [(judgement, comparison(**asked), extras) for judgement, asked, extras in cases]
        asked_about += [(judgement, asked_of_runs, {}) for judgement in of_runs]
        for judgement, about, extras in asked_about:
            case = Case(about, judgement, "b", Extras(**extras))
            spoke.add(next(index for index, (applies, _) in enumerate(rules) if applies(case)))
        assert spoke == set(range(len(rules)))


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        (of("same", "too_few"), "cost_open"),
        (of("same", "too_few", "better"), "cost_open"),
        (of("same", "better"), "cost_none_seen"),
        (of("same", "worse", "better"), "cost_tokens_per_s"),
        (of("same", "worse"), "cost_tokens_per_s"),
    ],
)
def test_equal_quality_is_told_first_or_with_the_gain(changes: tuple[Change, ...], cost: str) -> None:
    found = verdict(comparison(), judged(*changes), "b")
    told = "It predicts unseen text as well as the baseline: 1.843 and 1.900 bits per byte (no measurable difference)."
    assert told in spoken(found.benefit)
    assert spoken(found.benefit).startswith(told) == (found.benefit.key.split("_")[1] in ("open", "none"))
    assert found.cost.key == cost


@pytest.mark.parametrize(
    ("by", "spread", "because", "key"),
    [
        (0.0086, 0.0019, "strict", "confidence_open_strict_untuned"),
        (0.0045, 0.0020, "small", "confidence_open_small_untuned"),
        (0.0086, 0.0100, "", "confidence_open_untuned"),
    ],
)
def test_an_interval_without_zero_that_decides_nothing_is_explained(
    by: float, spread: float, because: str, key: str
) -> None:
    quality = change(QUALITY, "too_few", 4.0, by, spread)
    assert quality.because == because
    found = verdict(comparison(), judged(quality), "b").confidence
    assert found.key == key
    assert spoken(found)
    decided = change(QUALITY, "worse", 4.0, by, spread)
    assert decided.because == ""
    assert change(QUALITY, "too_few", 4.0, by, spread, pairs=1).because == "", "no interval yet"
    early = verdict(comparison(), judged(msgspec.structs.replace(quality, detectable=math.inf)), "b").confidence
    assert early.key == ("confidence_open_early_untuned" if because else key)
    assert spoken(early)


def test_what_is_still_open_is_listed_once() -> None:
    for words in (("same", "too_few"), ("better", "too_few"), ("too_few", "too_few")):
        found = verdict(comparison(), judged(*of(*words)), "b")
        told = " ".join(map(spoken, sayings(found)))
        assert told.count("Training speed") == 1, told
        assert "Training speed" in spoken(found.confidence)


def test_the_same_runs_read_twice_need_no_tuning() -> None:
    both = Arm("b", "Pruned", runs_of="a")
    training_open = judged(*of("worse", "same", "better"), undecided=(("b", "peak_memory_bytes"),))
    assert said(training_open, both)[2:] == ["confidence_sure_same_runs", "next_weigh"], "one training needs no second"
    assert said(judged(*of("worse", "same", "better")), both)[2:] == ["confidence_sure_same_runs", "next_weigh"]


def test_of_runs_from_before_there_are_no_more_than_there_are() -> None:
    question = msgspec.structs.replace(comparison(), question="runs")
    found = verdict(question, judged(*of("too_few", "same")), "b")
    assert "no pair of runs is to come after 3" in spoken(found.confidence)
    assert found.next.key == "next_more_pairs"


def test_runs_from_before_and_sweeps_of_the_rate_are_not_called_untuned() -> None:
    before = msgspec.structs.replace(comparison(), question="runs")
    for question, extras in ((comparison(), Extras(rates_differ=True)), (before, Extras())):
        assert verdict(question, judged(*of("worse", "same")), "b", extras).confidence.key == "confidence_sure"


def test_a_model_that_compression_broke_did_not_diverge() -> None:
    both = Arm("b", "Pruned", runs_of="a")
    found = verdict(comparison(both), judged(**LOST), "b")
    assert [found.benefit.key, found.next.key, found.besides[0].key] == [
        "benefit_broken",
        "next_gentler",
        "left_out_broken_one",
    ]
    diverged = judged(left_out=(("a", 1, "diverged"), ("b", 1, "diverged")))
    assert verdict(comparison(both), diverged, "b").benefit.key == "benefit_diverged", "it never trained well"


def test_what_is_said_of_a_training_that_diverged_now_and_then() -> None:
    lost = (("b", 3, "diverged"), ("b", 4, "diverged"), ("a", 4, "diverged"))
    found = verdict(comparison(), judged(*of("better", "same"), left_out=lost), "b")
    assert spoken(found.cost) == "It does not always hold: of its trainings, 1 diverged where the baseline's did not."


def test_who_asks_again_is_told_what_that_takes_of_the_certainty() -> None:
    rules = Rules(most_seeds=20, asked=(Asked(5, 3), Asked(10, 8)))
    found = verdict(comparison(rules=rules), judged(*of("better", "same")), "b")
    assert spoken(found.confidence).startswith("Sure at 85 %"), "three times 5 % may go wrong"
    assert found.besides[0].key == "asked_before"
    assert "at most 5, 10 seeds; looks at its runs so far: 11." in spoken(found.besides[0])
    once = verdict(comparison(), judged(*of("better", "same")), "b")
    assert spoken(once.confidence).startswith("Sure at 95 %")
    assert "asked_before" not in [saying.key for saying in once.besides]


def test_a_machine_that_was_busy_is_blamed_only_for_what_was_not_measured() -> None:
    open_memory = change("peak_memory_bytes", "too_few", 1e8, 0.1)
    found = verdict(comparison(), judged(*EXACT, open_memory, **DISTURBED), "b")
    assert found.next.arguments["open"] == "Training speed"


def test_runs_that_did_not_end_are_named_on_both_sides() -> None:
    lost = (("a", 2, "failed"), ("b", 3, "diverged"), ("b", 1, "diverged"))
    found = verdict(comparison(), judged(*of("better", "same"), left_out=lost), "b")
    told = [spoken(saying) for saying in found.besides]
    assert told[:2] == [
        "With it: 2 of its runs diverged (seeds 1, 3). They are not averaged in.",
        "Without it: one of its runs failed (seed 2). It is not averaged in.",
    ]


def test_what_did_not_differ_always_says_what_would_have_shown() -> None:
    found = verdict(comparison(), judged(*of("same", "worse")), "b")
    assert "Bits per byte 1.0 %" in spoken(found.besides[-1])


def test_a_change_too_small_for_its_digits_is_told_without_them() -> None:
    found = verdict(comparison(), judged(change(SIZE, "better", 1_000_000, -2e-5)), "b")
    assert (
        spoken(found.benefit) == "Size on disk is better by so little (−0.0020 %) that both sides are written 1.00 MB."
    )


def test_suggested_settings_are_those_that_the_sentence_names() -> None:
    diverged = verdict(comparison(), judged(**LOST), "b", Extras(learning_rate=3e-3)).next
    assert diverged.changes == {"training.learning_rate": 0.001}
    assert "0.001" in spoken(diverged)
    spent = verdict(comparison(), judged(*of("too_few", "same", pairs=10)[:1]), "b").next
    assert spent.changes == {"rules.most_seeds": 20}
    assert "20" in spoken(spent)
    longer = verdict(comparison(), judged(*of("same", "better")), "b", Extras(break_even=LATER)).next
    assert longer.changes == {"training.steps": 1300}
    assert "1,300" in spoken(longer)
    assert verdict(comparison(), judged(*of("worse", "same")), "b").next.changes == {"rules.tune": True}


def test_all_that_is_known_stands_below_the_sentences() -> None:
    taken = Taken(Interval(100, 90, 110), Interval(80, 70, 90), Interval(-0.2, -0.3, -0.1))
    extras = Extras(
        reached=Reached("reached", 1.9, 3, 3, steps=taken, tokens=taken, seconds=taken, joules=taken, money=taken),
        break_even=LATER,
        guesses=Guesses("character", 100, 55, 54, 53.7, 54.3),
        left_out=LeftOut(Interval(40, 31, 52), 300),
        slices=(
            SliceChange("words/rare", 5000, 3, 2, 2.2, Interval(0.1, 0.08, 0.12), Interval(0.05, 0.03, 0.07), False),
        ),
    )
    judgement = judged(
        change(QUALITY, "worse", 1.9, 0.02, 0.005),
        incomparable=(("b", "arms_differ_in_device"),),
        unfair=(("b", 2, "throttled"), ("b", 1, "throttled")),
    )
    told = [spoken(saying) for saying in verdict(comparison(), judgement, "b", extras).besides]
    assert [line[:25] for line in told] == [
        "The runs were made on dif",
        "With it: something else s",
        "It guesses the next chara",
        "What it lost is the same ",
        "Rare words pay most: +10 ",
        "It got to the validation ",
        "Up to there it took 80 J ",
        "Up to there it cost 80.00",
        "It takes 20 s longer to s",
    ]
    assert told[2] == "It guesses the next character right 54 instead of 55 times in 100 (53.7 to 54.3)."
    assert told[3] == "What it lost is the same as 40 s less training of 5 min (31 s to 52 s)."
    assert "seeds 1, 2" in told[1]


def test_one_seed_is_spoken_of_as_one() -> None:
    lost = judged(change(QUALITY, "same"), left_out=(("b", 1337, "failed"),), unfair=(("a", 7, "throttled"),))
    told = [spoken(saying) for saying in verdict(comparison(), lost, "b").besides]
    assert "With it: one of its runs failed (seed 1337). It is not averaged in." in told
    assert "Without it: something else slowed the run with seed 7 down. Its speed is not compared." in told


def test_what_has_finished_is_not_told_to_go_on() -> None:
    found = judged(change(QUALITY, "too_few"), whole="too_few")
    assert verdict(comparison(), found, "b").next.key == "next_more_seeds"
    over = verdict(comparison(), found, "b", Extras(over=True))
    assert over.next.key == "next_raise_seeds"
    assert spoken(over.confidence).startswith("Not sure: no pair of runs is to come after 3,")


def test_an_arm_that_is_none_is_refused() -> None:
    with pytest.raises(KeyError):
        verdict(comparison(), judged(), "c")


def test_no_template_holds_a_figure_and_each_ends_as_a_sentence() -> None:
    for key, text in SENTENCES.items():
        assert not any(part[0] and any(c.isdigit() for c in part[0]) for part in Formatter().parse(text)), key
        assert text.endswith(".") or key.startswith("slice_"), key


def test_every_key_of_an_arm_without_result_is_one_that_a_verdict_may_say() -> None:
    always = verdict(comparison(), judged(whole="too_few", **LOST), "b")
    assert NO_RESULT[always.benefit.key] == "diverged every time"
    assert set(NO_RESULT) <= set(SENTENCES)
    now_and_then = verdict(comparison(), judged(*of("better", "same"), **LOST), "b")
    assert now_and_then.benefit.key not in NO_RESULT
