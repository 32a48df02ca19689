"""Header stripping (A1): what a publisher put around a text is no part of it.

Only the training text is stripped. The held-out text stays as it was written, so that runs with and without stripping
are judged on the same bytes; what headers it holds count against a model that never saw any, and that is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.text.documents import Document
    from gpulab.text.separating import Split

_START = re.compile(r"^\*{3} ?START OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.IGNORECASE)
_END = re.compile(r"^\*{3} ?END OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.IGNORECASE)
_PAGE = re.compile(
    r"^\s*(?:[-–—]\s*\d{1,4}\s*[-–—]|\[(?:pg|page)\.? ?\d{1,4}\]|\{\d{1,4}\}|page \d{1,4}(?: of \d{1,4})?|\d{1,4})\s*$",
    re.IGNORECASE,
)


class HeaderStrippingSettings(Settings, frozen=True):
    licences: Annotated[
        bool,
        about(
            "Headers and licences",
            "Takes away what Project Gutenberg puts before and after a book, where its START and END lines stand.",
        ),
    ] = True
    page_numbers: Annotated[
        bool,
        about("Page numbers", "Takes away lines that hold nothing but a page's number."),
    ] = True


class HeaderStripping(Technique):
    name = "header_stripping"
    card = "A1"
    label = "Header stripping"
    summary = "Takes licences and page numbers out of the training text."
    promise = "The model learns the books, not what was printed around them."
    risk = (
        "A number alone on its line may have been part of the text. Held-out text keeps its headers, so that runs stay "
        "comparable: a model that never saw one guesses badly there."
    )
    sources = (
        "Gerlach, Font-Clos: A standardized Project Gutenberg corpus (2020), arXiv:1812.08092",
        "Raffel et al.: Exploring the Limits of Transfer Learning, C4's rules (2019), arXiv:1910.10683",
    )
    Settings = HeaderStrippingSettings

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]:
        if split != "train":
            return documents
        return [msgspec.structs.replace(document, text=self._stripped(document.text)) for document in documents]

    def _stripped(self, text: str) -> str:
        lines = text.split("\n")
        if self.settings.licences:
            lines = without_licences(lines)
        if self.settings.page_numbers:
            lines = [line for line in lines if not _PAGE.match(line)]
        return "\n".join(lines)


def without_licences(lines: Sequence[str]) -> list[str]:
    """The lines between a START line and the END line after it; several books may follow each other.

    Where the part begins inside a book, everything up to its first mark belongs to one if that mark is an END.
    """
    marks = [index for index, line in enumerate(lines) if _START.match(line) or _END.match(line)]
    inside = not marks or bool(_END.match(lines[marks[0]]))
    kept: list[str] = []
    for line in lines:
        if _START.match(line):
            inside = True
        elif _END.match(line):
            inside = False
        elif inside:
            kept.append(line)
    return kept
