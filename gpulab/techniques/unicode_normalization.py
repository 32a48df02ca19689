"""Unicode normalization (A1): one spelling for what can be written in several ways."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique

if TYPE_CHECKING:
    from gpulab.text.documents import Document
    from gpulab.text.separating import Split


class UnicodeNormalizationSettings(Settings, frozen=True):
    form: Annotated[
        Literal["nfc", "nfkc"],
        about(
            "Form",
            "NFC joins a letter and its accent into one character. NFKC also makes plain what was only written "
            "differently: ligatures, wide letters, raised digits.",
            labels={"nfc": "Same look (NFC)", "nfkc": "Same meaning (NFKC)"},
        ),
    ] = "nfc"


class UnicodeNormalization(Technique):
    name = "unicode_normalization"
    card = "A1"
    label = "Unicode normalization"
    summary = "Gives one spelling to characters that can be written in several ways."
    promise = "Fewer different characters to learn, and no two that look alike."
    risk = "What was written differently on purpose becomes the same: NFKC turns x² into x2."
    sources = ("Unicode Standard Annex #15: Unicode Normalization Forms, unicode.org/reports/tr15",)
    Settings = UnicodeNormalizationSettings

    def prepare_text(self, documents: Sequence[Document], split: Split) -> Sequence[Document]:
        form: Literal["NFC", "NFKC"] = "NFC" if self.settings.form == "nfc" else "NFKC"
        return [
            msgspec.structs.replace(document, text=unicodedata.normalize(form, document.text)) for document in documents
        ]
