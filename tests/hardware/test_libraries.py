"""A library that is not installed is a fact, and no error: a GPU machine may well have no Qt."""

from __future__ import annotations

import pytest

from gpulab.bench import report
from gpulab.hardware.libraries import versions


def test_a_library_that_is_not_there_has_no_version() -> None:
    found = versions(("torch", "no-such-library"))
    assert found["torch"]
    assert found["no-such-library"] is None


def test_benchmarks_tell_of_a_machine_without_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_LIBRARIES", ("torch", "no-such-library"))
    assert set(report.machine_facts().versions) >= {"torch", "Python"}
    assert "no-such-library" not in report.machine_facts().versions
