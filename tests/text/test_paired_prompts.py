"""Lists of paired prompts: the bundled one is sound, and a wrong one is refused by the number of the pair."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gpulab.spec.problem import BadInput
from gpulab.text.corpora import read_corpus
from gpulab.text.documents import joined
from gpulab.text.paired_prompts import bundled_pairs, read_pairs
from gpulab.words import explain

GOOD = 'format = 1\n[[pairs]]\nprompt = "The {} was"\nwords = ["king", "queen"]\ncontinuation = " wise"\n'


def listed(folder: Path, text: str) -> Path:
    path = folder / "pairs.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_bundled_pairs_are_spelt_with_the_words_of_the_plays() -> None:
    text = joined(read_corpus("shakespeare"))
    for pair in bundled_pairs():
        assert len(pair.prompt) + max(map(len, pair.words)) + len(pair.continuation) < 64, pair.name
        assert all(f" {word}" in text for word in [*pair.words, *pair.continuation.split()]), pair.name


def test_bundled_pairs_are_mirrored() -> None:
    orders = Counter((pair.group, pair.prompt, pair.words) for pair in bundled_pairs())
    assert orders == Counter({(group, prompt, words[::-1]): n for (group, prompt, words), n in orders.items()})
    assert min(Counter(pair.group for pair in bundled_pairs()).values()) >= 6


def test_a_pair_is_named_by_both_sentences(tmp_path: Path) -> None:
    (pair,) = read_pairs(listed(tmp_path, GOOD))
    assert pair.name == "The king|queen was wise"
    assert pair.prompts == ("The king was", "The queen was")
    assert pair.group == ""


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("format = 1\n[[pairs]\n", "pairs_unreadable"),
        ("format = 2\n", "pairs_of_another_format"),
        ("format = 1\n", "pairs_missing"),
        ("format = 1\npairs = 3\n", "pairs_missing"),
        ("format = 1\npairs = [3]\n", "pair_wrong"),
        (GOOD + 'mood = "good"\n', "pair_wrong"),
        (GOOD.replace('["king", "queen"]', '["king"]'), "pair_wrong"),
        (GOOD.replace("{}", "king"), "pair_without_blank"),
        (GOOD.replace("{}", "{} {}"), "pair_without_blank"),
        (GOOD.replace('" wise"', '" "'), "pair_without_continuation"),
        (GOOD.replace('"queen"', '"king"'), "pair_without_difference"),
        (GOOD.replace('"queen"', '" "'), "pair_without_difference"),
        (GOOD + GOOD.partition("\n")[2], "pair_repeated"),
    ],
)
def test_what_is_wrong_is_said_of_the_pair(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_pairs(listed(tmp_path, text))
    (problem,) = refused.value.problems
    assert (problem.key, problem.field) == (key, "pairs")
    assert problem.arguments["path"] == str(tmp_path / "pairs.toml")


def test_every_wrong_pair_is_named_at_once(tmp_path: Path) -> None:
    wrong = "[[pairs]]\n" + GOOD.partition("[[pairs]]\n")[2].replace("{}", "king")
    with pytest.raises(BadInput) as refused:
        read_pairs(listed(tmp_path, GOOD + wrong + wrong))
    assert [problem.arguments["number"] for problem in refused.value.problems] == [2, 3]
    assert [problem.arguments["line"] for problem in refused.value.problems] == [6, 10]
    assert explain(refused.value.problems[0]).startswith(
        f"pairs: line 6 of {tmp_path / 'pairs.toml'}: the prompt of pair 2"
    )


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "pairs.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        read_pairs(path)
    assert refused.value.problems[0].key == "pairs_unreadable"
