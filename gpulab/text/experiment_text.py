"""The text of an experiment and its techniques: one door, so that all that train or judge get it cut the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from gpulab.spec.experiment import Experiment
from gpulab.text.documents import Document, joined
from gpulab.text.earlier import tokenizer_in
from gpulab.text.prepared import PreparedText, check_length, prepare
from gpulab.text.separating import Edit, Split, edited
from gpulab.text.tokenizers import AnyTokenizer


class TextEditor(Protocol):
    """What is asked of a technique here: `gpulab.techniques.base` says what each part means."""

    name: ClassVar[str]
    label: ClassVar[str]
    settings: Any

    def edits_text(self) -> bool: ...

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]: ...

    def starts_from(self) -> str: ...


def text_of(
    experiment: Experiment, techniques: Sequence[TextEditor] = (), known: AnyTokenizer | None = None
) -> PreparedText:
    """The text that `experiment` trains on, with everything about it checked: what it holds, its length, the prompt.

    `techniques` are those it switches on; `known` is the tokenizer to read the text with, if one is given. Raises
    BadInput. The window, the command line and the worker all ask here, so that they refuse the same.
    """
    data, evaluation = experiment.data, experiment.evaluation
    edits = edits_of(techniques)
    starts = ((each.starts_from(), f"techniques.{each.name}") for each in techniques)
    known = known or next((tokenizer_in(folder, field) for folder, field in starts if folder), None)
    shares = (data.validation_share, data.test_share)
    prepared = prepare(data.corpus, data.path, data.tokenizer, *shares, edits, data.vocabulary_size, known)
    check_length(prepared, experiment.model.context_length)
    prompt = joined(edited([Document("", evaluation.sample_prompt)], "test", edits, {}))
    prepared.tokenizer.encode(prompt, "evaluation.sample_prompt")
    return msgspec.structs.replace(prepared, prompt=prompt)


def edits_of(techniques: Sequence[TextEditor]) -> list[Edit]:
    """What `techniques` do to a text, in their order."""
    return [
        Edit(f"{each.name} {each.settings}", each.prepare_text, each.label) for each in techniques if each.edits_text()
    ]
