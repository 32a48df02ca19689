"""The three parts must be the text itself, in order, cut where a reader would cut it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpulab.text.dedup import without_copies
from gpulab.text.documents import Document
from gpulab.text.separating import Edit, separate
from gpulab.text.splitting import cut

documents = st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=8).map(
    lambda texts: [Document(f"{number}", text) for number, text in enumerate(texts)]
)
shares = st.floats(0.01, 0.4)


@given(documents, shares, shares)
def test_parts_are_contiguous_and_complete(given_documents: list[Document], validation: float, test: float) -> None:
    parts = cut(given_documents, validation, test)
    texts = [document.text for part in (parts.train, parts.validation, parts.test) for document in part]
    assert "".join(texts) == "".join(document.text for document in given_documents)


@given(st.integers(300, 3000), st.floats(0.02, 0.4), st.floats(0.02, 0.4))
def test_shares_are_kept_within_what_a_cut_may_move(size: int, validation: float, test: float) -> None:
    parts = cut([Document("one", "word. " * size)], validation, test)
    total = 6 * size
    lengths = [sum(len(document.text) for document in part) for part in (parts.train, parts.validation, parts.test)]
    near = min(0.03, validation / 3, test / 3) * total + 1
    assert abs(lengths[0] - total * (1 - validation - test)) <= near
    assert abs(lengths[2] - total * test) <= near
    assert min(lengths) > 0


def test_a_cut_goes_to_a_documents_end_then_a_paragraphs_then_a_lines() -> None:
    near_end = [Document("a", "x" * 790), Document("b", "y" * 110), Document("c", "z" * 100)]
    assert [document.title for document in cut(near_end, 0.1, 0.1).train] == ["a"]
    paragraphs = Document("p", "x" * 780 + "\n\n" + "y" * 10 + "\n" + "z" * 207)
    assert cut([paragraphs], 0.1, 0.1).train[0].text == "x" * 780 + "\n\n"
    only_lines = Document("l", "x" * 790 + "\n" + "z" * 209)
    assert cut([only_lines], 0.1, 0.1).train[0].text == "x" * 790 + "\n"
    nothing = Document("n", "x" * 1000)
    assert [len(part[0].text) for part in (cut([nothing], 0.1, 0.1).train, cut([nothing], 0.1, 0.1).test)] == [800, 100]


def test_copies_are_dropped_whatever_their_titles() -> None:
    given_documents = [Document("a", "same\n"), Document("b", "other"), Document("c", "same")]
    assert [document.title for document in without_copies(given_documents)] == ["a", "b"]


def test_edits_do_not_move_the_judged_span() -> None:
    text = "\n\n".join(f"Paragraph {number} says {number * 7919}." for number in range(400))
    shorter = Edit("half", lambda parts, _: [Document(part.title, part.text[::2]) for part in parts])
    plain, edited = (separate([Document("t", text)], 0.1, 0.1, edits) for edits in ((), (shorter,)))
    assert edited.test == plain.test[::2]
    assert (edited.test_bytes, edited.validation_bytes) == (plain.test_bytes, plain.validation_bytes)
    assert plain.test_bytes == len(plain.test.encode())


def test_passages_that_an_edit_makes_equal_are_removed() -> None:
    passage = " ".join(f"Word{number}" for number in range(12))
    body = "\n".join(f"line {number * 7919}" for number in range(300))
    given_documents = [Document("a", f"{body}\n{passage.upper()}\n{body[:2000]}"), Document("b", body[::-1] + passage)]
    lower = Edit("lower", lambda parts, _: [Document(part.title, part.text.lower()) for part in parts])
    assert passage.upper() in separate(given_documents, 0.1, 0.1).train
    parts = separate(given_documents, 0.1, 0.1, (lower,))
    assert passage.lower() not in parts.train
    assert parts.removed_from_train_bytes == len(passage) + 1


def test_validation_gives_way_to_test() -> None:
    passage = "".join(map(chr, range(33, 113)))
    filler = [f"{number * 7919}\n" for number in range(1000)]
    given_documents = [
        Document("train", "".join(filler[:800])),
        Document("validation", "".join(filler[800:890]) + passage + "\n"),
        Document("test", "".join(filler[890:]) + "before\n" + passage + "\n"),
    ]
    parts = separate(given_documents, 0.11, 0.11)
    assert passage not in parts.validation
    assert passage in parts.test
    assert parts.removed_from_validation_bytes == len(passage) + 1
    assert parts.validation_bytes == len(parts.validation.encode())
