"""Texts often come as rows of a table, where one column is the text."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable

import msgspec

from gpulab.spec.problem import BadInput, refuse
from gpulab.text.documents import Document

FIELD = "data.path"
COLUMN = "text"


def read_jsonl(text: str, path: str, title: str) -> list[Document]:
    """One document for each line, an object with a string `text`; empty lines between are allowed."""
    rows = ((number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip())
    return _documents(title, ((number, _text_of(line, number, path)) for number, line in rows))


def _text_of(line: str, number: int, path: str) -> str:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise _malformed(path, number, "JSON", str(error)) from error
    if not isinstance(row, dict):
        raise _malformed(path, number, "JSON lines", "it is not an object with a field named text")
    if COLUMN not in row:
        raise _malformed(path, number, "JSON lines", f"no field named text among {', '.join(row) or 'none'}")
    value = row[COLUMN]
    if not isinstance(value, str):
        raise _malformed(path, number, "JSON lines", "its field named text is not a string")
    return value


def read_csv(text: str, path: str, title: str) -> list[Document]:
    """One document for each row below the header: its column named `text`, or its only column."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the module's own limit is 128 KiB a cell
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, str]] = []
    try:
        header = next(reader, [])
        column = _column(header, path)
        for row in reader:
            if row and len(row) != len(header):
                detail = f"{len(row)} fields instead of {len(header)}"
                raise _malformed(path, reader.line_num, "CSV", detail)
            if row:
                found.append((reader.line_num, row[column]))
    except csv.Error as error:
        raise _malformed(path, reader.line_num, "CSV", str(error)) from error
    return _documents(title, found)


def _column(header: list[str], path: str) -> int:
    if COLUMN in header:
        return header.index(COLUMN)
    if len(header) == 1:
        return 0
    raise refuse("text_no_column", FIELD, path=path, found=", ".join(header) or "none")


def _documents(title: str, rows: Iterable[tuple[int, str]]) -> list[Document]:
    return [Document(f"{title}, line {number}", text) for number, text in rows if text.strip()]


def _malformed(path: str, line: int, kind: str, detail: str) -> BadInput:
    return refuse("text_malformed", FIELD, path=path, line=line, kind=kind, detail=detail)
