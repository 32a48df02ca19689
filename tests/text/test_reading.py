"""A person's file is read whole, or refused in one sentence that names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpulab.spec.problem import BadInput, Problem
from gpulab.text import reading
from gpulab.text.reading import read_path
from gpulab.words import explain


def refused(path: Path | str) -> Problem:
    with pytest.raises(BadInput) as caught:
        read_path(str(path))
    (problem,) = caught.value.problems
    assert problem.field == "data.path"
    assert "{" not in explain(problem).replace(str(path), "")  # the sentence has all its blanks filled
    return problem


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.md", "A.TXT"])
def test_plain_text_loses_only_its_mark_and_old_line_ends(name: str, tmp_path: Path) -> None:
    found = read_path(str(write(tmp_path / name, "\ufeffé one\r\ntwo\rthree\n")))
    assert [(document.title, document.text) for document in found.documents] == [(name, "é one\ntwo\nthree\n")]


def test_rows_become_documents(tmp_path: Path) -> None:
    rows = [{"text": "one\n", "id": 1}, {"text": ""}, {"text": "zwei é"}]
    found = read_path(str(write(tmp_path / "a.jsonl", "\n\n".join(json.dumps(row) for row in rows))))
    assert [document.text for document in found.documents] == ["one\n", "zwei é"]
    found = read_path(str(write(tmp_path / "a.csv", 'id,text\n1,"one, ""quoted""\nline"\n\n2,two\n')))
    assert [document.text for document in found.documents] == ['one, "quoted"\nline', "two"]
    found = read_path(str(write(tmp_path / "b.csv", "anything\nonly column\n")))
    assert [document.text for document in found.documents] == ["only column"]


def test_a_cell_may_be_longer_than_the_csv_modules_own_limit(tmp_path: Path) -> None:
    assert len(read_path(str(write(tmp_path / "a.csv", "text\n" + "x" * 200_000))).documents[0].text) == 200_000


@pytest.mark.parametrize(
    ("name", "content", "key", "arguments"),
    [
        ("a.txt", "", "text_empty", {}),
        ("a.txt", " \n\t\n", "text_empty", {}),
        ("a.jsonl", "\n", "text_empty", {}),
        ("a.csv", "text\n", "text_empty", {}),
        ("a.txt", b"abc\0def", "text_binary", {"position": 3, "byte": 0}),
        ("a.txt", "日本".encode("utf-16"), "text_not_utf8", {"position": 0}),
        ("a.txt", "grün".encode("latin-1"), "text_not_utf8", {"position": 2}),
        ("a.txt", "cut é".encode()[:-1], "text_not_utf8", {"position": 4}),
        ("a.pdf", "text", "text_kind_unknown", {"allowed": ".txt, .md, .jsonl, .csv"}),
        ("a", "text", "text_kind_unknown", {}),
        ("a.jsonl", '{"text": "a"}\n{"text": "b', "text_malformed", {"line": 2, "kind": "JSON"}),
        ("a.jsonl", '["text"]', "text_malformed", {"line": 1}),
        ("a.jsonl", '{"text": 3}', "text_malformed", {"line": 1}),
        ("a.jsonl", '{"text": "a"}\n{"body": "b"}', "text_malformed", {"line": 2}),
        ("a.jsonl", '{"text": "\\ud800"}', "text_malformed", {"line": 1}),
        ("a.csv", "", "text_empty", {}),
        ("a.csv", "id,body\n1,a\n", "text_no_column", {"found": "id, body"}),
        ("a.csv", "id,text\n1,a\n2\n", "text_malformed", {"line": 3, "kind": "CSV"}),
        ("a.csv", 'id,text\n1,"never closed\n', "text_malformed", {"kind": "CSV"}),
    ],
)
def test_refusals(name: str, content: str | bytes, key: str, arguments: dict[str, object], tmp_path: Path) -> None:
    path = write(tmp_path / name, content)
    problem = refused(path)
    assert problem.key == key
    assert problem.arguments["path"] == str(path)
    assert arguments.items() <= problem.arguments.items()


def test_missing_too_large_and_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(tmp_path / "none.txt").key == "text_missing"
    path = write(tmp_path / "a.txt", "text")
    monkeypatch.setattr(reading, "LIMIT_MB", 0)
    assert refused(path).key == "text_too_large"
    assert refused(tmp_path).key == "text_too_large"
    monkeypatch.setattr(reading, "LIMIT_MB", 1)

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert refused(path) == Problem("text_unreadable", "data.path", {"path": str(path), "detail": "Permission denied"})


@given(content=st.binary(max_size=300), name=st.sampled_from(["a.txt", "a.jsonl", "a.csv"]))
def test_any_bytes_are_read_or_refused(content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write(tmp_path_factory.mktemp("any") / name, content)
    try:
        found = read_path(str(path))
    except BadInput as bad:
        assert [problem.field for problem in bad.problems] == ["data.path"]  # noqa: PT017 (either outcome is right)
    else:
        assert any(document.text.strip() for document in found.documents)


def test_a_folder_is_read_in_sorted_order(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    outside = write(tmp_path / "outside.txt", "secret")
    write(folder / "b.txt", "second")
    write(folder / "a" / "z.md", "first")
    write(folder / "c.jsonl", '{"text": "third"}')
    write(folder / "blank.txt", "\n")
    write(folder / "picture.png", b"\0")
    write(folder / ".git" / "notes.txt", "hidden")
    (folder / "link.txt").symlink_to(outside)
    (folder / "folder").symlink_to(tmp_path)
    found = read_path(str(folder))
    assert [document.text for document in found.documents] == ["first", "second", "third"]
    assert [document.title for document in found.documents] == ["a/z.md", "b.txt", "c.jsonl, line 1"]
    assert found.left_out == 4


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).key == "text_none_in_folder"
    write(tmp_path / "a.txt", "\n")
    assert refused(tmp_path).key == "text_empty"
    write(tmp_path / "b.txt", b"\xff")
    assert refused(tmp_path).arguments["path"] == str(tmp_path / "b.txt")
