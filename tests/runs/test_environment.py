"""What a worker is started with: where compiled models are kept, and which pages its memory comes in."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from gpulab.runs.launcher import environment_of

_KEEP_A_HUNDRED_MB = """
import ctypes, resource
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
for turn in range(12):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(100_000_000)
    ctypes.memset(block, 1, 100_000_000)
    libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


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
def test_memory_is_kept_in_large_pages_unless_a_person_decided(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", before)
    environment = environment_of(1)
    expected = f"{after}:glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_threshold=1073741824"
    assert environment["GLIBC_TUNABLES"] == expected
    ask = "import os; print(os.environ['GLIBC_TUNABLES'])"  # a process starts with it, and keeps it
    told = subprocess.check_output([sys.executable, "-c", ask], env={**os.environ, **environment}, text=True)
    assert told.strip() == expected


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have no such settings")
def test_what_a_step_gives_back_is_there_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The C library itself is asked: by itself it clears a hundred megabytes anew, 24,000 pages of them."""
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    cleared = {}
    for name, environment in (("alone", {**os.environ}), ("worker", environment_of(1))):
        cleared[name] = int(subprocess.check_output([sys.executable, "-c", _KEEP_A_HUNDRED_MB], env=environment))
    assert cleared["worker"] < 100 < cleared["alone"]
