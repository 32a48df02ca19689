"""Judgements as the statistics could have made them, for tests of what is said about them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from gpulab.analysis import figures
from gpulab.analysis.changes import Change, Judgement, Whole, Word
from gpulab.analysis.metrics import BY_KEY
from gpulab.analysis.saying import Saying, Verdict
from gpulab.spec.comparison import Arm, Comparison, Rules
from gpulab.words import sentence, sentences

NUMBER = re.compile(r"[+−±]?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
RULES = Rules()
WITH = Arm("b", "With it")


def comparison(arm: Arm = WITH, rules: Rules = RULES) -> Comparison:
    return Comparison("Is it worth it?", "with_without", (Arm("a", "Without it"), arm), rules)


def change(
    metric: str, word: Word, base: float = 2.0, by: float = -0.05, spread: float = 0.01, pairs: int = 3
) -> Change:
    """A change of `by` (relative) that was given `word`."""
    exact, region = BY_KEY[metric].exact, BY_KEY[metric].region(RULES)
    low, high = (by, by) if exact else (by - spread, by + spread)
    if pairs < 2 and not exact:
        low, high = -math.inf, math.inf
    detectable = 0.0 if exact else spread if pairs > 1 else math.inf
    return Change("b", metric, word, pairs, base, base * (1.0 + by), by, low, high, detectable, region)


def judged(*changes: Change, whole: Whole = "mixed", **rest: object) -> Judgement:
    return Judgement("a", changes, {"b": whole}, **rest)  # type: ignore[arg-type]


def sayings(verdict: Verdict) -> tuple[Saying, ...]:
    return (verdict.benefit, verdict.cost, verdict.confidence, verdict.next, *verdict.besides)


def spoken(saying: Saying) -> str:
    """The sentence, which must exist and have its every blank filled."""
    assert saying.key in sentences(), saying.key
    text = sentence(saying.key, saying.arguments)
    assert "{" not in text, text
    return text


def table(changes: Sequence[Change]) -> Iterator[str]:
    """Every figure as the table beside the sentences writes it."""
    for one in changes:
        metric = BY_KEY[one.metric]
        yield from (figures.written(metric, one.base), figures.written(metric, one.value))
        yield from (figures.written_change(one), figures.written_interval(one), figures.written_detectable(one))


def numbers(texts: Iterator[str] | Sequence[str]) -> set[str]:
    return {found.rstrip(",") for text in texts for found in NUMBER.findall(text)}
