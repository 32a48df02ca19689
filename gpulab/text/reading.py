"""A person's own file or folder must become documents, or one clear sentence that says why it cannot.

Line ends become `\\n`, a byte order mark at the start goes: otherwise the text is as it stands in the file.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from gpulab.spec.problem import BadInput, refuse
from gpulab.text.documents import Document
from gpulab.text.tables import read_csv, read_jsonl

FIELD = "data.path"
ENDINGS = (".txt", ".md", ".jsonl", ".csv")
LIMIT_MB = 500


class Reading(msgspec.Struct, frozen=True):
    """What a path held. `left_out` counts a folder's files not read: other endings, hidden, outside, blank."""

    documents: list[Document]
    left_out: int = 0


def read_path(path: str) -> Reading:
    """The documents of a file, or of all files below a folder in sorted order. Raises BadInput (`data.path`)."""
    found = Path(path).expanduser()
    try:
        if found.is_dir():
            return _read_folder(found)
        if not found.exists():
            raise refuse("text_missing", FIELD, path=path)
        _check_ending(found)
        _check_size([found], path)
        return Reading(_read_file(found, found.name))
    except OSError as error:
        raise refuse("text_unreadable", FIELD, path=path, detail=error.strerror or str(error)) from error


def _read_folder(folder: Path) -> Reading:
    everything = [Path(at, name) for at, _, names in os.walk(folder, onerror=_stop) for name in names]
    files = sorted((file for file in everything if _belongs(file, folder)), key=lambda file: file.parts)
    if not files:
        raise refuse("text_none_in_folder", FIELD, path=str(folder), allowed=", ".join(ENDINGS))
    _check_size(files, str(folder))
    documents: list[Document] = []
    blank = 0
    for file in files:
        try:
            documents += _read_file(file, file.relative_to(folder).as_posix())
        except BadInput as bad:
            if bad.problems[0].key != "text_empty":
                raise
            blank += 1
    if not documents:
        raise refuse("text_empty", FIELD, path=str(folder))
    return Reading(documents, len(everything) - len(files) + blank)


def _stop(error: OSError) -> None:
    raise error


def _belongs(file: Path, folder: Path) -> bool:
    """Whether a folder's file is read: an allowed ending, nothing hidden on its way, no link out of the folder."""
    inside = file.relative_to(folder).parts
    hidden = any(part.startswith(".") for part in inside)
    return (
        file.suffix.lower() in ENDINGS
        and not hidden
        and file.resolve().is_relative_to(folder.resolve())
        and file.is_file()
    )


def _check_ending(file: Path) -> None:
    if file.suffix.lower() not in ENDINGS:
        raise refuse("text_kind_unknown", FIELD, path=str(file), allowed=", ".join(ENDINGS))
    if not file.is_file():
        raise refuse("text_unreadable", FIELD, path=str(file), detail="it is not an ordinary file")


def _check_size(files: list[Path], path: str) -> None:
    if sum(file.stat().st_size for file in files) > LIMIT_MB * 10**6:
        raise refuse("text_too_large", FIELD, path=path, limit_mb=LIMIT_MB)


def _read_file(file: Path, title: str) -> list[Document]:
    text = _decoded(file.read_bytes(), str(file))
    if not text.strip():
        raise refuse("text_empty", FIELD, path=str(file))
    kind = file.suffix.lower()
    if kind == ".jsonl":
        documents = read_jsonl(text, str(file), title)
    elif kind == ".csv":
        documents = read_csv(text, str(file), title)
    else:
        documents = [Document(title, text)]
    if not any(document.text.strip() for document in documents):
        raise refuse("text_empty", FIELD, path=str(file))
    return documents


def _decoded(content: bytes, path: str) -> str:
    """UTF-8 without byte order mark. Positions in refusals count bytes from 0."""
    if (zero := content.find(b"\0")) >= 0:
        raise refuse("text_binary", FIELD, path=path, position=zero, byte=0)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("text_not_utf8", FIELD, path=path, position=error.start) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
