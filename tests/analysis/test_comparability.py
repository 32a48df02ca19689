"""What may be compared of runs that differ in more than the question."""

from __future__ import annotations

from typing import Any

import pytest

from gpulab.analysis.comparability import may_compare, reasons
from gpulab.analysis.metrics import BY_KEY, METRICS
from gpulab.analysis.observations import Observation
from gpulab.analysis.sequential import judge
from gpulab.spec.comparison import Arm, Comparison
from gpulab.words import sentences

SAME: dict[str, Any] = {
    "corpus": "shakespeare",
    "device": "cpu",
    "tokenizer": "characters",
    "tokens": 1000,
    "comparable": True,
}
FIGURES = {metric.key: 5.0 for metric in METRICS}

CASES = [
    ({"corpus": "another"}, "arms_differ_in_corpus", "test_bits_per_byte", "tokens_per_s"),
    ({"device": "cuda"}, "arms_differ_in_device", "tokens_per_s", "test_bits_per_byte"),
    ({"device": "cuda"}, "arms_differ_in_device", "peak_memory_bytes", "model_bytes"),
    ({"tokens": 2000}, "arms_differ_in_tokens", "test_bits_per_byte", "tokens_per_s"),
    ({"tokens": 2000}, "arms_differ_in_tokens", "train_seconds", "peak_memory_bytes"),
    ({"tokenizer": "bpe 1024"}, "arms_differ_in_tokenizer", "test_perplexity", "test_bits_per_byte"),
    ({"tokenizer": "bpe 1024"}, "arms_differ_in_tokenizer", "test_accuracy", "train_seconds"),
    ({"tokenizer": "bpe 1024"}, "arms_differ_in_tokenizer", "inference_tokens_per_s", "model_bytes"),
    ({"comparable": False}, "arms_held_out_edited", "test_bits_per_byte", "train_seconds"),
]


def seen(arm: str, **changes: Any) -> list[Observation]:
    return [Observation(arm, seed, "done", f"{arm}{seed}", FIGURES, **(SAME | changes)) for seed in range(3)]


@pytest.mark.parametrize(("change", "reason", "lost", "kept"), CASES)
def test_only_what_is_comparable_is_compared_and_the_reason_told(
    change: dict[str, Any], reason: str, lost: str, kept: str
) -> None:
    asked = Comparison("Odd", "runs", (Arm("base", "Base"), Arm("new", "New"), Arm("like", "Like")))
    judgement = judge(asked, seen("base") + seen("new", **change) + seen("like"))
    assert judgement.incomparable == (("new", reason),)
    assert judgement.of("new", lost) is None
    assert judgement.of("new", kept) is not None
    assert judgement.of("like", lost) is not None


def test_one_odd_run_among_many_is_enough() -> None:
    runs = [*seen("base"), *seen("new")[:2], *seen("new", tokens=1001)[2:]]
    assert reasons(runs) == ("arms_differ_in_tokens",)


def test_what_is_not_known_is_held_against_nobody() -> None:
    assert reasons(seen("base") + seen("new", corpus="", device="", tokens=0)) == ()
    assert reasons([]) == ()


def test_several_reasons_rule_out_together() -> None:
    found = reasons(seen("base") + seen("new", corpus="another", device="cuda"))
    assert found == ("arms_differ_in_corpus", "arms_differ_in_device")
    assert [metric.key for metric in METRICS if may_compare(metric, found)] == ["model_bytes", "parameters"]
    assert may_compare(BY_KEY["train_seconds"], ("arms_held_out_edited",))


def test_every_reason_has_a_sentence() -> None:
    for reason in {reason for _, reason, _, _ in CASES}:
        assert sentences()[reason].endswith(".")
