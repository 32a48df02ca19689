"""Quality by slice: the parts make up the whole, and each token counts where it belongs."""

from __future__ import annotations

import math
import re
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from gpulab.engine.evaluation import final_exam, take_exam
from gpulab.engine.slices import SlicedExam, commonest, sliced, take_sliced
from gpulab.spec.decode import decode, encode
from gpulab.techniques import REGISTRY
from gpulab.text.prepared import PreparedText, prepare
from tests.engine.support import SENTENCE, built, ended, run, tiny

CPU = torch.device("cpu")
WORDS = [*SENTENCE.split(), "Ämilia", "naïve", "café?", "Bianca’s", "—", "quay!"]


@pytest.fixture
def plays(tmp_path: Path) -> Path:
    """Six documents, of which the last two are tested."""
    chance = np.random.default_rng(0)
    folder = tmp_path / "plays"
    folder.mkdir()
    for number in range(6):
        lines = [" ".join(chance.choice(WORDS, 9)) for _ in range(30)]
        lines[3::5] = [f"\n{('FOX', 'WIZARD')[at % 2]}.\n{line}" for at, line in enumerate(lines[3::5])]
        (folder / f"{number}.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def prepared(plays: Path, tokenizer: Literal["bytes", "characters", "bpe"]) -> PreparedText:
    return prepare("", str(plays), tokenizer, 0.2, 0.3, (), 300)


def exam_of(text: PreparedText, context_length: int = 32) -> SlicedExam:
    share = text.original_share("test")
    return sliced(final_exam(text.test, text.tokenizer, context_length, 4, share), text)


def costs(exam: SlicedExam) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(1).exponential(2.0, len(exam.slicing.bytes))


@pytest.mark.parametrize("tokenizer", ["bytes", "characters", "bpe"])
@pytest.mark.parametrize("context_length", [7, 64, 100_000])
def test_each_partition_makes_up_the_whole(
    plays: Path, tokenizer: Literal["bytes", "characters", "bpe"], context_length: int
) -> None:
    exam = exam_of(prepared(plays, tokenizer), context_length)
    losses = costs(exam)
    found = exam.slicing.summed(losses)
    for partition in ("words", "names", "speaker", "characters", "document", "position"):
        members = [each for name, each in found.items() if name.startswith(f"{partition}/")]
        bits = sum(each["bits_per_byte"] * each["bytes"] for each in members)
        assert bits == pytest.approx(losses.sum() / math.log(2), rel=1e-12)
        assert sum(each["bytes"] for each in members) == exam.whole.bytes


def test_each_character_counts_where_it_stands(plays: Path) -> None:
    text = prepared(plays, "characters")
    exam, span = exam_of(text), text.tokenizer.decode(text.test)
    training = text.tokenizer.decode(text.train).lower()
    losses = costs(exam)
    common = commonest(Counter(re.findall(r"\w+(?:['’]\w+)*", training)), 0.9)
    expected = dict.fromkeys(("common", "rare", "between"), 0.0)
    for place, loss in enumerate(losses, 1):
        word = re.search(r"\w+(?:['’]\w+)*", span[_start_of_word(span, place) :])
        inside = re.match(r"\w", span[place]) or (span[place] in "’'" and _joins(span, place))
        name = "between" if not inside or word is None else "common" if word.group().lower() in common else "rare"
        expected[name] += loss / math.log(2)
    found = exam.slicing.summed(losses)
    for name, bits in expected.items():
        assert found[f"words/{name}"]["bits_per_byte"] * found[f"words/{name}"]["bytes"] == pytest.approx(bits)


def _joins(span: str, place: int) -> bool:
    return span[place - 1].isalnum() and span[place + 1 : place + 2].isalnum()


def _start_of_word(span: str, place: int) -> int:
    while place and (span[place - 1].isalnum() or (span[place - 1] in "’'" and _joins(span, place - 1))):
        place -= 1
    return place


def test_documents_begin_and_end_where_they_do(plays: Path) -> None:
    text = prepared(plays, "bytes")
    assert [title for title, _ in text.facts.test_documents] == ["4.txt", "5.txt"]
    exam = exam_of(text)
    found = exam.slicing.summed(np.ones(len(exam.slicing.bytes)))
    first, second = (size for _, size in text.facts.test_documents)
    assert found["document/4.txt"]["bytes"] == first - 1 + len(b"\n\n")
    assert found["document/5.txt"]["bytes"] == second
    assert exam.beyond is None


def test_documents_that_the_exam_does_not_reach_are_read_besides(plays: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpulab.engine.evaluation.JUDGED_BYTES", 900)
    monkeypatch.setattr("gpulab.engine.slices._MOST_OF_ONE", 700)
    text = prepared(plays, "characters")
    exam = exam_of(text)
    assert exam.beyond is not None
    other, its_slicing = exam.beyond
    assert its_slicing.partitions[0].names == ("document/5.txt",)
    content = text.tokenizer.decode(text.test).encode()
    begin = text.facts.test_documents[0][1] + 2
    piece = content[begin : begin + 700].decode(errors="ignore")
    assert text.tokenizer.decode(other.windows[0][0].numpy()) == piece[: other.windows[0].shape[1]]
    assert other.bytes == len(piece[1:].encode())
    assert "document/5.txt" not in exam.slicing.summed(costs(exam))


def test_speeches_and_names_count_where_they_stand(plays: Path) -> None:
    text = prepared(plays, "characters")
    exam, span = exam_of(text), text.tokenizer.decode(text.test)
    found = exam.slicing.summed(np.ones(len(exam.slicing.bytes)))
    first = span.encode()[: text.facts.test_documents[0][1] + 2].decode()
    said = re.compile(r"^FOX\.\n(?:(?!^[A-Z]+\.$).*\n?)*", re.MULTILINE)
    fox = sum(len(part.encode()) for play in (first, span[len(first) :]) for part in said.findall(play))
    assert found["speaker/FOX"]["bytes"] == fox
    speakers = {name for name in found if name.startswith("speaker/")}
    assert speakers == {"speaker/FOX", "speaker/WIZARD", "speaker/(nobody)"}
    names = [match.encode() for match in re.findall(r"Bianca’s|Ämilia", span)]
    assert found["names/name"]["bytes"] == len(b"".join(names))


def test_commonest_reaches_its_share_and_no_further() -> None:
    assert commonest(Counter("aaaaaabbbc"), 0.9) == {"a", "b"}
    assert commonest(Counter("aaaaaabbbc"), 0.91) == {"a", "b", "c"}
    assert commonest(Counter("ba"), 0.5) == {"a"}
    assert commonest(Counter(""), 0.9) == frozenset()


def test_slices_cost_the_exam_nothing(tmp_path: Path) -> None:
    state, _, text = built(tiny(tmp_path))
    exam = exam_of(text, 16)
    quality, found = take_sliced(state.model, exam, CPU, nullcontext)
    assert quality == take_exam(state.model, exam.whole, CPU, nullcontext)
    whole = sum(found[f"position/{n}"]["bits_per_byte"] * found[f"position/{n}"]["bytes"] for n in range(1, 5))
    assert whole / exam.whole.bytes == pytest.approx(quality.bits_per_byte, rel=1e-12)


def test_edited_text_is_counted_in_bytes_of_the_original(tmp_path: Path) -> None:
    path = tmp_path / "ligatures.txt"
    rng = np.random.default_rng(0)
    path.write_text("\n".join(" ".join(rng.choice(["oﬃce", "ﬁsh", "Ωmega", "plain"], 12)) for _ in range(300)))
    experiment = tiny(tmp_path, {"unicode_normalization": {"form": "nfkc"}})
    table = encode(experiment)
    table["data"]["path"] = str(path)
    text = built(decode(table, REGISTRY))[2]
    assert text.original_share("test") > 1.0
    exam = exam_of(text)
    found = exam.slicing.summed(costs(exam))
    assert sum(each["bytes"] for name, each in found.items() if name.startswith("words/")) == pytest.approx(
        exam.whole.bytes, abs=3
    )


def test_a_run_says_who_paid(tmp_path: Path) -> None:
    summary = ended(run(tmp_path / "run", tiny(tmp_path, {"pruning": {"amount": 0.7}}))).summary
    for figures in (summary, summary["compressed"]):
        members = [each for name, each in figures["slices"].items() if name.startswith("words/")]
        bits = sum(each["bits_per_byte"] * each["bytes"] for each in members)
        assert bits / sum(each["bytes"] for each in members) == pytest.approx(figures["test_bits_per_byte"])
    assert summary["slices"] != summary["compressed"]["slices"]
    assert set(summary["slices"]) >= {"words/common", "characters/common", "document/text.txt", "position/1"}
