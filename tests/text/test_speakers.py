"""Who speaks where, and which words are names: in made-up scenes, and in the bundled plays."""

from __future__ import annotations

from collections import Counter

import pytest

from gpulab.text.corpora import read_corpus
from gpulab.text.names import WORD, names_of
from gpulab.text.speakers import NOBODY, OTHERS, speeches

SCENE = """ACT I.

SCENE 1. A wood.

[Enter HERMIA.]

HERMIA.
O weary night. [Sits.] O long
and tedious night.

PUCK
Yet but three?

HERMIA.
Lysander!

PUCK
Here!

SCENE 2. A hall.

nothing
"""


def by_speaker(text: str, most: int = 8) -> dict[str, str]:
    found = speeches(text, most)
    assert found is not None
    letters = {at: [letter for letter, of in zip(text, found.of, strict=True) if of == at] for at in range(99)}
    return {name: " ".join("".join(letters[at]).split()) for at, name in enumerate(found.names)}


def test_each_speech_belongs_to_whoever_stands_over_it() -> None:
    said = by_speaker(SCENE)
    assert list(said) == ["HERMIA", "PUCK", OTHERS, NOBODY]
    assert said["HERMIA"] == "HERMIA. O weary night. O long and tedious night. HERMIA. Lysander!"
    assert said["PUCK"] == "PUCK Yet but three? PUCK Here!"
    assert said[NOBODY] == "ACT I. SCENE 1. A wood. [Enter HERMIA.] [Sits.]SCENE 2. A hall. nothing"
    assert by_speaker(SCENE, most=1)[OTHERS] == said["PUCK"]


def test_short_names_need_to_come_back_thrice() -> None:
    text = "\n\n".join(["", *["Ham.\nWords, words.", "Oph.\nMy lord?"] * 3, "Enough.\nNo more."])
    said = by_speaker(text)
    assert list(said) == ["Oph", "Ham", OTHERS, NOBODY]
    assert said["Oph"].endswith("Enough. No more.")


@pytest.mark.parametrize("text", ["", "No play at all.\n\nXIV\n\nXV\n\nXIV\n", "TITLE\n\nonce"])
def test_what_is_no_play_has_no_speakers(text: str) -> None:
    assert speeches(text, 8) is None


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Hamlet", {"Ham", "King", "Hor", "Pol"}),
        ("A Midsummer Night's Dream", {"HERMIA", "LYSANDER", "DEMETRIUS", "PUCK"}),
        ("King Henry VIII", {"WOLSEY", "KING", "BUCKINGHAM", "CHAMBERLAIN"}),
        ("Othello", {"IAGO", "OTHELLO", "DESDEMONA", "CASSIO"}),
        ("Sonnets", None),
    ],
)
def test_the_bundled_plays_tell_their_speakers(title: str, names: set[str] | None) -> None:
    text = next(document.text for document in read_corpus("shakespeare") if document.title == title)
    found = speeches(text, 12)
    assert (None if found is None else names and names <= set(found.names)) in (None, True), found and found.names
    assert (found is None) == (names is None)
    if found is not None:
        nobody = (found.of == len(found.names) - 1).mean()
        assert nobody < 0.12, f"{nobody:.2f} of the play is said by nobody"


def test_names_are_words_that_are_written_with_a_capital_within_sentences() -> None:
    text = next(document.text for document in read_corpus("shakespeare") if document.title == "Othello")
    span, training = text[:60_000], text[60_000:]
    found = {span[start:end] for start, end in names_of(span, training, Counter(WORD.findall(training)))}
    assert {"Othello", "OTHELLO", "Cassio", "Venice", "Moor", "Iago"} <= found
    assert not {"And", "The", "I", "II", "My", "Lord", "Enter", "SCENE", "What"} & found


def test_a_text_without_capitals_has_no_names() -> None:
    assert names_of("the moor of venice", "the moor", Counter({"the": 1, "moor": 1})) == []
