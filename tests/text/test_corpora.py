"""The bundled texts must be whole, as the index says, free of everything that is not the author's."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from gpulab.resources import resource
from gpulab.spec.experiment import Data
from gpulab.spec.problem import BadInput
from gpulab.spec.setting import settings_of
from gpulab.text import corpora as bundle
from gpulab.text.corpora import corpora, corpus, read_corpus
from gpulab.text.documents import joined

BOILERPLATE = re.compile(
    r"(?i:gutenberg|\be-?text|copyright|transcrib|public domain|http|www\.|by William Shakespeare|^notes?:"
    r"|autograph supplies)|^ *THE END\b|1673 EDITION| {3,}\d+$",
    re.MULTILINE,
)
NAMES = ["shakespeare", "milton", "speeches", "speeches_skewed"]


def test_the_bundled_texts_are_those_that_an_experiment_may_name() -> None:
    declared = next(setting for setting in settings_of(Data, "data") if setting.path == "data.corpus")
    assert list(declared.choices) == list(corpora()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_index_is_true(name: str) -> None:
    entry, documents = corpus(name), read_corpus(name)
    text = joined(documents)
    assert (entry.documents, entry.characters, entry.bytes) == (len(documents), len(text), len(text.encode()))
    assert entry.vocabulary == len(set(text))
    assert len({document.title for document in documents}) == len(documents)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_authors_words_are_left(name: str) -> None:
    for document in read_corpus(name):
        assert not (found := BOILERPLATE.search(document.text)), (document.title, found)
        assert not re.search(r"[^\x20-\x7e\n]|[ \t]$|\n{4}", document.text, re.MULTILINE), document.title


def test_one_of_two_texts_of_speeches_hardly_speaks_of_women(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(resource("corpora")))
    made = importlib.import_module("speeches")
    plays = [document.text for document in read_corpus("shakespeare")]
    for name, share in (("speeches", made.EVEN), ("speeches_skewed", made.SKEWED)):
        documents = read_corpus(name)
        assert [(document.title, document.text) for document in documents] == list(made.speeches(plays, share))
        speeches = [one for document in documents for one in document.text.strip().split("\n\n")]
        women = [one for one in speeches if made.WOMEN.search(one)]
        assert all(bool(made.WOMEN.search(one)) != bool(made.MEN.search(one)) for one in speeches)
        assert sum(map(len, women)) / sum(map(len, speeches)) == pytest.approx(share, abs=0.01)
        in_each = [len(made.WOMEN.findall(document.text)) for document in documents]
        assert min(in_each) > 0, "the skew is the same everywhere"


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        read_corpus("homer")
    assert refused.value.problems[0].arguments == {"name": "homer", "names": ", ".join(NAMES)}


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "exchanged"])
def test_a_damaged_bundle_is_refused(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(resource("corpora"), tmp_path / "corpora")
    file = folder / corpus("milton").file
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        file.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    elif damage == "gone":
        file.unlink()
    else:
        shutil.copy(folder / corpus("shakespeare").file, file)
    monkeypatch.setattr(bundle, "resource", tmp_path.joinpath)
    with pytest.raises(BadInput, match=r"corpus_damaged data\.corpus"):
        read_corpus("milton")


def test_the_index_decodes_strictly() -> None:
    listed = json.loads(resource("corpora", "index.json").read_text())
    assert [msgspec.structs.asdict(entry) for entry in corpora().values()] == listed
