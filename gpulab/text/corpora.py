"""The bundled texts must be proven whole before anything is learned from them."""

from __future__ import annotations

import functools
import hashlib
import lzma

import msgspec

from gpulab.resources import resource
from gpulab.spec.problem import refuse
from gpulab.text.documents import Document


class Corpus(msgspec.Struct, frozen=True):
    """One entry of `resources/corpora/index.json`, written by `rebuild.py` beside it.

    `bytes`, `characters` and `vocabulary` (number of different characters) are those of the documents joined;
    `sha256` is that of the uncompressed JSON lines, so it does not depend on the compressor's version.
    """

    name: str
    title: str
    file: str
    documents: int
    bytes: int
    characters: int
    vocabulary: int
    sha256: str
    source: str
    licence: str


@functools.cache
def corpora() -> dict[str, Corpus]:
    """The bundled texts by name."""
    listed = msgspec.json.decode(resource("corpora", "index.json").read_bytes(), type=list[Corpus])
    return {corpus.name: corpus for corpus in listed}


def corpus(name: str) -> Corpus:
    """The bundled text called `name`; raises BadInput (`data.corpus`) where there is none."""
    known = corpora()
    if name not in known:
        raise refuse("corpus_unknown", "data.corpus", name=name, names=", ".join(known))
    return known[name]


def read_corpus(name: str) -> list[Document]:
    """The documents of a bundled text; raises BadInput (`data.corpus`) where the file is damaged or missing."""
    entry = corpus(name)
    try:
        content = lzma.decompress(resource("corpora", entry.file).read_bytes())
    except (OSError, lzma.LZMAError) as error:
        raise refuse("corpus_damaged", "data.corpus", name=name) from error
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise refuse("corpus_damaged", "data.corpus", name=name)
    return msgspec.json.Decoder(Document).decode_lines(content)
