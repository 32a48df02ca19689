"""`gpulab pack` and `gpulab unpack`: what they say, and what they never take or tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpulab.comparisons import sealing
from gpulab.comparisons.folder import comparisons_root, is_comparison
from tests.cli.conftest import Gpulab
from tests.comparisons.bundles import comparison_in, files_in, run_in

WORD = "correct horse"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "COST_LOG2", 4)


@pytest.fixture
def word(tmp_path: Path) -> Path:
    path = tmp_path / "word"
    path.write_text(f"{WORD}\n")
    return path


def test_there_and_back(gpulab: Gpulab, tmp_path: Path) -> None:
    folder, out = comparison_in(tmp_path), tmp_path / "it.gpulab.zip"
    packed = gpulab("pack", folder, "--out", out)
    assert (packed.status, packed.out) == (0, f"{out}\n")
    assert "Packed 10 files" in packed.err
    opened = gpulab("unpack", out)
    assert opened.status == 0
    place = Path(opened.out.strip())
    assert place.parent == comparisons_root()
    assert is_comparison(place)
    again = gpulab("unpack", out, "--out", tmp_path / "here")
    assert files_in(Path(again.out.strip())) == files_in(place)


def test_one_object_for_scripts(gpulab: Gpulab, tmp_path: Path) -> None:
    out = tmp_path / "it.zip"
    said = gpulab("pack", run_in(tmp_path), "--out", out, "--json").json
    assert said == {"path": str(out), "bytes": out.stat().st_size, "files": 3, "locked": False, "paths": [], "gone": []}


def test_locked_with_the_first_line_of_a_file(gpulab: Gpulab, tmp_path: Path, word: Path) -> None:
    out = tmp_path / "it.gpulab.locked"
    assert gpulab("pack", run_in(tmp_path), "--out", out, "--passphrase-file", word, "--json").json["locked"]
    refused = gpulab("unpack", out)
    assert (refused.status, refused.out) == (2, "")
    assert "--passphrase-file" in refused.err
    assert gpulab("unpack", out, "--passphrase-file", word, "--out", tmp_path / "here").status == 0
    word.write_text("another")
    refused = gpulab("unpack", out, "--passphrase-file", word)
    assert refused.status == 2
    assert "cannot be told apart" in refused.err


def test_asked_for_twice_at_a_terminal(gpulab: Gpulab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir, out = run_in(tmp_path), tmp_path / "it.gpulab.locked"
    typed: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    for words, said in (([WORD, "other"], "differ"), (["", ""], "empty")):
        typed[:] = words
        refused = gpulab("pack", run_dir, "--out", out, "--lock")
        assert refused.status == 2
        assert said in refused.err
        assert not out.exists()
    typed[:] = [WORD, WORD]
    assert gpulab("pack", run_dir, "--out", out, "--lock").status == 0
    typed[:] = [WORD]
    assert gpulab("unpack", out, "--out", tmp_path / "here").status == 0
    assert typed == []


def test_bad_input_is_refused_in_one_sentence(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir, out = run_in(tmp_path), tmp_path / "it.zip"
    bundle = tmp_path / "bundle.zip"
    gpulab("pack", run_dir, "--out", bundle)
    bundle.write_bytes(bundle.read_bytes()[:-7])
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    for command, said in (
        (("pack", tmp_path, "--out", out), "neither a comparison nor a run"),
        (("pack", run_dir, "--out", text), "already exists"),
        (("pack", run_dir, "--out", out, "--lock"), "--passphrase-file"),
        (("pack", run_dir, "--out", out, "--passphrase-file", tmp_path / "absent"), "absent"),
        (("pack", run_dir, "--out", tmp_path / "absent" / "it.zip"), "cannot be written"),
        (("unpack", tmp_path / "absent"), "no bundle at"),
        (("unpack", text), "not a bundle"),
        (("unpack", bundle), "cut off or altered"),
    ):
        before = files_in(tmp_path)
        refused = gpulab(*command)
        assert (refused.status, refused.out) == (2, ""), command
        assert said in refused.err
        assert refused.err.count("\n") == 1
        assert files_in(tmp_path) == before
