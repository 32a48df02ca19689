"""Words that a text is watched for: typed or from a file, counted whole, refused by line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gpulab.spec.problem import BadInput
from gpulab.text.word_list import MOST_WORDS, read_words, word_count
from gpulab.words import explain


def test_typed_words_count_whole_whatever_their_capitals() -> None:
    words = read_words("she, her  hers,HER")
    assert words.words == ("she", "her", "hers")
    assert words.hits("Her here; other hers, SHE. she's her'd her") == Counter(her=2, hers=1, she=1)
    assert word_count("Her here; 'tis she's, o'clock") == 5
    assert words.hits("") == Counter()


def test_a_file_may_hold_phrases_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("# of people\nold man\n\nman\nday’s end\n", encoding="utf-8")
    words = read_words(str(path))
    assert words.words == ("old man", "man", "day's end")
    assert words.hits("An old\n man, a man. The day's  end; mankind") == Counter(
        {"old man": 1, "man": 1, "day's end": 1}
    )


def refused(typed: str) -> list[str]:
    with pytest.raises(BadInput) as bad:
        read_words(typed)
    assert {problem.field for problem in bad.value.problems} == {"words"}
    return [explain(problem) for problem in bad.value.problems]


def test_what_is_no_list_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("fine\n---\nalso fine\n" + "x" * 101, encoding="utf-8")
    first, second = refused(str(path))
    assert first.startswith(f"words: line 2 of {path}: “---”")
    assert "line 4" in second
    path.write_text("# nothing\n")
    assert "name between 1 and" in refused(str(path))[0]
    path.write_text("word\n" * (MOST_WORDS + 1))
    assert "name between 1 and" in refused(str(path))[0]
    assert "cannot be read" in refused(str(tmp_path / "none.txt"))[0]
    path.write_bytes(b"\xff\xfe\xff")
    assert "cannot be read" in refused(str(path))[0]


def test_what_was_typed_wrong_is_named() -> None:
    assert refused("she --- her") == ["words: “---” is no word with a letter and at most 100 signs."]
    assert "name between 1 and" in refused(" , ")[0]
