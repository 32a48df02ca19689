"""The glossary is whole, in plain words, and found in texts as people write them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.analysis.dangers import DETECTORS
from gpulab.analysis.metrics import METRICS
from gpulab.techniques import TECHNIQUES
from gpulab.viewmodels.glossary import Glossary, Term, glossary, load

WANTED = """token, loss, bits per byte, perplexity, gradient, learning rate, batch, epoch, context, parameter,
overfitting, validation, test text, seed, bf16, fp16, quantization, pruning, VRAM, throughput, MFU, roofline,
utilization, checkpoint, canary, exposure, attention head, KV cache,
TensorFlow, OpenCL, reinforcement learning, TPU, FPGA, ASIC"""


def made(*terms: tuple[str, tuple[str, ...]], linked: bool = True) -> Glossary:
    return Glossary([Term(name.lower(), name, "A.", "B.", spellings, linked=linked) for name, spellings in terms])


def found(of: Glossary, text: str) -> list[tuple[str, str]]:
    return [(text[place.begin : place.end], place.term.key) for place in of.find(text)]


def test_every_term_that_was_asked_for_has_an_entry() -> None:
    names = {term.name.casefold() for term in glossary().terms.values()}
    wanted = {re.sub(r"\s+", " ", name).strip().casefold() for name in WANTED.split(",")}
    assert wanted <= names


def test_entries_are_one_to_three_sentences_of_plain_text() -> None:
    for term in glossary().terms.values():
        sentences = re.findall(r"[.!?](?:\s|$)", term.text)
        assert 1 <= len(sentences) <= 3, term.name
        assert term.text.endswith("."), term.name
        assert term.here.endswith("."), term.name
        assert "<" not in term.text + term.here, term.name


def test_every_neighbour_is_there_and_no_spelling_means_two_things() -> None:
    terms = glossary().terms
    for term in terms.values():
        assert set(term.see) <= set(terms) - {term.key}, term.name
    spelled = [name for term in terms.values() for name in {each.casefold() for each in (term.name, *term.spellings)}]
    assert len(spelled) == len(set(spelled))


def test_what_is_left_to_others_says_so() -> None:
    assert {term.name for term in glossary().terms.values() if term.elsewhere} == {
        "TensorFlow", "OpenCL", "Reinforcement learning", "TPU", "FPGA", "ASIC"
    }  # fmt: skip


def test_the_longest_term_is_found() -> None:
    known = made(("Learning rate", ()), ("Learning-rate schedule", ()), ("Rate", ()))
    assert found(known, "a learning rate schedule") == [("learning rate schedule", "learning-rate schedule")]
    assert found(known, "The Learning\nrate, a rate") == [("Learning\nrate", "learning rate"), ("rate", "rate")]


def test_whole_words_only() -> None:
    known = made(("Loss", ("losses",)))
    assert found(known, "glossy, lossless, loss_scale") == []
    assert found(known, "Losses (loss).") == [("Losses", "loss"), ("loss", "loss")]


def test_what_has_capitals_inside_is_found_as_it_is_written_only() -> None:
    known = made(("MFU", ()), ("Batch norm", ("BatchNorm",)))
    assert found(known, "MFU, mfu, batchnorm, BatchNorm, batch norm") == [
        ("MFU", "mfu"),
        ("BatchNorm", "batch norm"),
        ("batch norm", "batch norm"),
    ]


def test_too_common_words_are_in_the_list_and_never_marked() -> None:
    assert found(made(("Step", ()), linked=False), "a step") == []


def test_links_leave_tags_links_and_entities_alone() -> None:
    known = made(("Loss", ()), ("amp", ()), ("b", ()))
    html = "<b title='loss'>loss</b> &amp; <a href='x'>loss</a> loss"
    assert known.linked(html) == "<b title='loss'><a href=\"term:loss\">loss</a></b> &amp; <a href='x'>loss</a> loss"
    assert known.linked("<a href='x'>one</a> loss").endswith('<a href="term:loss">loss</a>')


@given(st.text(alphabet="aglos <>&;/-'\"", max_size=40))
def test_a_link_changes_no_letter(html: str) -> None:
    known = made(("Loss", ()), ("Gloss", ()))
    assert re.sub(r'<a href="term:\w+">(.*?)</a>', r"\1", known.linked(html)) == html


def test_the_app_s_own_words_are_explained() -> None:
    """What the cards of techniques, dangers and metrics speak of is in the glossary, at least in part."""
    texts = [f"{one.summary} {one.promise} {one.risk}" for one in TECHNIQUES]
    texts += [f"{one.label} {one.measured} {one.threshold} {one.why}" for one in DETECTORS]
    explained = [bool(glossary().explained(text)) for text in texts]
    assert sum(explained) > 0.75 * len(texts)
    named = {place.term.key for metric in METRICS for place in glossary().find(metric.label)}
    assert {"bits_per_byte", "perplexity", "mfu", "parameter"} <= named


def test_an_entry_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    entry = '[[terms]]\nkey = "a"\nname = "A"\ntext = "B."\nhere = "C."\n'
    path.write_text(f"format = 1\n{entry}")
    assert list(load(path).terms) == ["a"]
    path.write_text(f'format = 1\n{entry}script = "run()"\n')
    with pytest.raises(ValueError, match="script"):
        load(path)
    path.write_text(f"format = 2\n{entry}")
    with pytest.raises(ValueError, match="format 2"):
        load(path)
