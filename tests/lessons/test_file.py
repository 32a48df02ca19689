"""A lesson is read whole or refused by file, line and field; nothing that could run gets in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gpulab.spec.lesson import Bet, Say
from gpulab.spec.lesson_file import decode
from gpulab.spec.problem import BadInput
from gpulab.spec.toml_lines import Lines
from tests.lessons.made import LESSON, refusals, written

SAY = 'kind = "say"\ntitle = "Words"\ntext = "{}"\n\n[[steps]]\n'


def said(text: str) -> str:
    return LESSON.replace("[[steps]]\n", "[[steps]]\n" + SAY.replace("{}", text), 1)


def test_a_lesson_is_read_whole() -> None:
    lesson = written().lesson
    assert (lesson.name, lesson.title, len(lesson.steps)) == ("made", "What pruning takes", 4)
    assert lesson.works("prune").arm("most").changes["techniques.pruning.amount"] == 0.9
    assert isinstance(lesson.steps[0], Bet)


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ("minutes = 2", "minutes = 2\ncolour = 1", "colour", "colour: there is no such setting"),
        ("minutes = 2", "minutes = 2.5", "minutes", "whole number"),
        ("minutes = 2", "minutes = 999", "minutes", "outside"),
        ('card = "A1"', 'card = "A13"', "card", "not one of the choices"),
        ('title = "Weigh it"', 'title = ""', 'title = ""', "must not be empty"),
        ('kind = "take_away"\ntitle = "Weigh it"', '\nkind = "take_away"', "[[steps]]\n\n", "title is missing"),
        ('kind = "bet"', 'kind = "script"', '"script"', "not one of the choices"),
        ('kind = "bet"', 'kind = "bet"\nonclick = "x"', "onclick", "onclick"),
        ('work = "prune"\n\n', 'work = "pruned"\n\n', '"pruned"', "no work pruned"),
        ("{prune.most.test_bits_per_byte}", "{prune.must.test_bits_per_byte}", "must", '"must" is no side'),
        ("{prune.most.test_bits_per_byte}", "{prune.most}", "It is", "not bound"),
        ("{prune.most.test_bits_per_byte}", "{import os}", "It is", "binds nothing"),
        ("{prune.most.test_bits_per_byte}", "{prune.whole.change.parameters}", "It is", "no baseline"),
        ("{prune.most.test_bits_per_byte}", "{prune.most.test_bits_per_byte", "It is", "brace"),
        ('name = "Most weights gone"', 'name = "A link, [so](it)"', "A link", "script"),
        ("above = -1.0", "", "[[promises]]", "above what"),
        ('experiment = "nano"', 'experiment = "../secret"', "secret", "is no name"),
        ('key = "most"', 'key = "whole"\n', 'key = "whole"\n\n', "key of its own"),
        ('figure = "prune.most.change.test_bits_per_byte"', "", "[[promises]]", "either a figure or a danger"),
    ],
)
def test_what_is_wrong_is_named_by_line(old: str, new: str, at: str, told: str) -> None:
    bent = LESSON.replace(old, new, 1)
    line = bent.count("\n", 0, bent.index(at)) + 1
    found = refusals(bent)
    assert any(one.startswith(f"made.lesson.toml:{line}: ") and told in one for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold",
        "< script>",
        "</p>",
        "<!-- x",
        "javascript:alert",
        "JavaScript : x",
        "&#106;avascript",
        "&lt;",
        "`rm -rf`",
        "$(reboot)",
        "see http://example.org",
        "[here](page)",
        "data:text",
    ],
)
def test_a_script_of_any_kind_is_refused(text: str) -> None:
    assert any("looks like a script" in one for one in refusals(said(text)))


@pytest.mark.parametrize("text", ["by 5", "5x", "x5", "about 1.5 times", "half: ½", "2²", "-3", "70%", "it is %", "٣"])
def test_a_figure_cannot_be_typed_in(text: str) -> None:
    assert any("figure typed in" in one for one in refusals(said(text)))


@pytest.mark.parametrize(
    "text",
    ["Three times faster", "ninety-five percent", "a hundred and ten minutes", "twice as fast", "tenfold"],
)
def test_neither_can_a_figure_in_words(text: str) -> None:
    assert any("figure typed in, in words" in one for one in refusals(said(text)))


@pytest.mark.parametrize("text", ["two workers", "nine in ten", "the same training twice", "at all times", "bits"])
def test_counts_stay_in_words(text: str) -> None:
    assert refusals(said(text)) == []


@pytest.mark.parametrize("text", ["GPT-2's bf16", "an H200 (or int8)", "technique A12.", "*fp8*, float8", "GPT-3.5"])
def test_a_name_with_a_digit_is_no_figure(text: str) -> None:
    assert refusals(said(text)) == []


def test_figures_cannot_be_shown_before_they_are_there_nor_guessed_after() -> None:
    assert any("has not run yet" in one for one in refusals(said("{prune.most.test_bits_per_byte}")))
    assert refusals(said("{prune.most.setting.techniques.pruning.amount}")) == []
    _, bet, rest = LESSON.partition('kind = "bet"')
    late = LESSON.replace(
        '[[steps]]\nkind = "take', f'[[steps]]\n{bet}{rest.partition("[[steps]]")[0]}[[steps]]\nkind = "take'
    )
    assert any("has run before" in one for one in refusals(late))


def test_every_problem_is_told_at_once_and_long_pieces_are_cut() -> None:
    found = refusals(said("<b> and 5 and " + "9" * 500).replace("minutes = 2", 'minutes = "two"'))
    assert len(found) == 4
    assert all(len(one) < 300 for one in found)


@pytest.mark.parametrize("content", [b"", b"\xff", b"a = [", b"format = 2", b"format = true", b"format = 1"])
def test_what_is_no_lesson_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        decode(content, Path("x.lesson.toml"))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    with pytest.raises(BadInput):
        decode(content, Path("x.lesson.toml"))


@given(st.text(max_size=60))
def test_any_text_of_a_step_is_taken_or_refused_with_its_line(text: str) -> None:
    table = tomllib.loads(LESSON)
    table["steps"].insert(0, {"kind": "say", "title": "Words", "text": text})
    content = tomli_w.dumps(table)
    found = refusals(content)
    assert all(one.startswith("made.lesson.toml:") and "steps[1].text: " in one for one in found)
    if not found:
        assert isinstance(written(content).lesson.steps[0], Say)
        assert not any(mark in text for mark in "`{}")


KEYS = st.text(min_size=1, max_size=8)
VALUES = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.booleans())
def test_every_value_of_any_table_has_its_line(table: dict[str, Any], multiline: bool) -> None:
    text = tomli_w.dumps(table, multiline_strings=multiline)
    lines, last = Lines(text), len(text.split("\n"))
    for place in _places(tomllib.loads(text)):
        assert 1 <= lines.of(place) <= last
        assert place in lines.known()


def test_lines_are_those_where_the_values_stand() -> None:
    text = 'a.b = 1 # x = 2\n[[t]]\n"c.d" = """\none\n{two}"""\n[t.in]\ne = [1,\n 2]\n[[t]]\nf = { g = \'#\', h = 3 }\n'
    lines = Lines(text)
    expected: Mapping[tuple[str | int, ...], int] = {
        ("a", "b"): 1,
        ("t", 0): 2,
        ("t", 0, "c.d"): 3,
        ("t", 0, "in", "e"): 7,
        ("t", 0, "in", "e", 1): 8,
        ("t", 1): 9,
        ("t", 1, "f", "h"): 10,
        ("t", 1, "nowhere"): 9,
    }
    assert {place: lines.of(place) for place in expected} == expected
    assert lines.of(("t", 0, "c.d"), "{two}") == 5


def _places(value: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*place, name)
        yield from _places(one, (*place, name))
