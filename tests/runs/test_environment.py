"""What a worker is started with: where compiled models are kept, and which pages its memory comes in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpulab.runs.launcher import environment_of


def test_compiled_models_are_kept_among_the_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = environment_of(1)["TORCHINDUCTOR_CACHE_DIR"]
    assert Path(folder).name == "compiled"
    if sys.platform.startswith("linux"):
        assert Path(folder) == tmp_path / "gpulab" / "compiled"


def test_a_place_for_compiled_models_that_is_set_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    assert environment_of(1)["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such pages")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "glibc.malloc.hugetlb=1"),
        ("glibc.malloc.check=0", "glibc.malloc.check=0:glibc.malloc.hugetlb=1"),
        ("glibc.malloc.hugetlb=0", "glibc.malloc.hugetlb=0"),
    ],
)
def test_large_pages_are_asked_for_unless_a_person_decided(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", before)
    environment = environment_of(1)
    assert environment["GLIBC_TUNABLES"] == after
    ask = "import os; print(os.environ['GLIBC_TUNABLES'])"  # a process starts with it, and keeps it
    told = subprocess.run(
        [sys.executable, "-c", ask], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert told.stdout.strip() == after
