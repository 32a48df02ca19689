"""A report's page opens anywhere, loads nothing, runs nothing, and shows what anybody typed as nothing but text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpulab.report.html import page
from gpulab.report.model import Card, Cell, Column, Facts, Picture, Quote, Report, Section, Side, Table, Words
from gpulab.report.of_comparison import report_of_comparison
from gpulab.report.of_run import report_of_run
from gpulab.report.shown_text import bound, shown
from tests.report.made import comparison_in, experiment, run_in, summary

HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script src=//evil.example/x.js></script>",
    "]]><![CDATA[<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' style='background:url(http://evil.example/)",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "$\\frac{1}{0}$ & $math$",
    "\u202egnp.exe\u2066",
    "a\0b\x1b[31m\ud800\uffff",
    "<!-- --><svg onload=alert(1)>",
    "javascript:alert(1)",
]
_LOADS = ("script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form", "input")


class Reading(HTMLParser):
    """What a browser would find: elements with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "use", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes what is not open"

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def assert_harmless(text: str) -> Reading:
    """Every element is closed, none can load or run anything, no attribute acts or leads out of the file."""
    read = Reading(text)
    assert read.open == []
    for tag, attributes in read.elements:
        assert tag not in _LOADS
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "xlink:href", "src", "action"):
                assert (value or "").startswith("#")
            if name == "style":
                assert not re.search(r"url\((?!#)|expression|@import", value or "")
    return read


def saying(text: str) -> Report:
    """A report that says `text` wherever a person's words can stand."""
    side = Side("A", text, 0)
    blocks = (
        Card(side, text, "good", (("Gain", text), (text, text))),
        Words(text, "warning", side),
        Facts(((text, text),)),
        Quote(text, text, text),
        Table(text, (Column(text), Column(text, True)), ((Cell(text, side=side), Cell(text, note=text)),)),
    )
    return Report(text, text, text, text, text, text, (Section(text, blocks, text),) * 4)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    read = assert_harmless(page(saying(text)))
    assert "".join(read.text).count(shown(text)) >= 40  # every place still says it


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_shown_and_does_nothing(text: str) -> None:
    encoded = page(saying(text)).encode("utf-8")  # as it is written
    assert_harmless(encoded.decode("utf-8"))
    assert b"\0" not in encoded


@given(st.text(max_size=80))
def test_shown_text_keeps_every_ordinary_character(text: str) -> None:
    ordinary = [letter for letter in text if letter.isprintable() and letter != "\u2028"]
    kept = shown(text)
    assert all(letter in kept for letter in ordinary)
    assert shown(kept) == kept
    assert bound(kept).replace("\u00a0", " ") == kept.replace("\u00a0", " ")


def test_names_that_turn_the_reading_order_turn_only_themselves() -> None:
    assert shown("a\u202eb") == "ab"
    text = page(saying("שלום"))
    assert "<bdi>שלום</bdi>" in text


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(report_of_comparison(comparison_in(tmp_path_factory.mktemp("compared"))))


def test_the_page_of_a_comparison_is_one_harmless_file(compared: str) -> None:
    read = assert_harmless(compared)
    policy = next(found for tag, found in read.elements if found.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in (policy["content"] or "")
    assert "script-src" not in (policy["content"] or "")
    outside = [found for found in re.findall(r"https?://[^\s\"'<)]+", compared) if "www.w3.org" not in found]
    assert outside == []


def test_the_page_is_accessible(compared: str) -> None:
    read = assert_harmless(compared)
    tags = [tag for tag, _ in read.elements]
    assert tags.count("h1") == 1
    assert tags.count("main") == 1
    assert next(found for tag, found in read.elements if tag == "html")["lang"] == "en"
    figures = [found for tag, found in read.elements if tag == "svg"]
    assert figures
    ids = [found["id"] for _, found in read.elements if "id" in found]
    assert len(ids) == len(set(ids))
    for figure in figures:
        assert figure["role"] == "img"
        assert all(name in ids for name in (figure["aria-labelledby"] or "").split())
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_page_fits_both_kinds_of_light_and_paper(compared: str) -> None:
    assert "prefers-color-scheme: dark" in compared
    assert "@media print" in compared
    assert "overflow-wrap: break-word" in compared, "cells keep their words whole"
    figures = "".join(re.findall(r"<svg.*?</svg>", compared, re.DOTALL))
    assert "var(--run1)" in figures
    assert not re.search(r"(?:fill|stroke): #", figures), "a colour that cannot follow the light"


def test_the_same_folder_makes_the_same_page(tmp_path: Path) -> None:
    folder = comparison_in(tmp_path)
    assert page(report_of_comparison(folder)) == page(report_of_comparison(folder))


def test_hostile_names_in_a_folder_do_nothing(tmp_path: Path) -> None:
    """Names, prompts and texts as they come from disk; the title of a comparison may be anything."""
    hostile = "<script>alert('x')</script> ]]> $x^2$ \u202e ünï"
    folder = comparison_in(tmp_path, name=hostile, arm_name=hostile)
    read = assert_harmless(page(report_of_comparison(folder)))
    assert shown(hostile) in "".join(read.text)
    run_dir = run_in(tmp_path / "runs", experiment(name=hostile), summary(2.0))
    assert shown(hostile) in "".join(assert_harmless(page(report_of_run(run_dir))).text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def test_the_page_says_all_that_the_report_says(tmp_path: Path) -> None:
    report = report_of_comparison(comparison_in(tmp_path))
    said = "".join(assert_harmless(page(report)).text).replace("\u00a0", " ")
    for section in report.sections:
        for block in section.blocks:
            told = msgspec.to_builtins(block)
            if isinstance(block, Picture):
                del told["drawing"], told["name"]
            for text in _texts(told):
                if len(text) > 7:  # longer than what blocks and tones are called
                    assert text.replace("\u00a0", " ") in said
