"""A technique that fails ends its run with its name, its phase and what to try, whichever phase it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpulab import techniques
from gpulab.techniques.base import PHASES, Technique
from gpulab.words import sentence
from tests.engine.support import ended, run, tiny


def _failing(phase: str) -> type[Technique]:
    def fail(self: Technique, *arguments: Any) -> Any:
        raise ValueError("this is on purpose")

    described = {word: word for word in ("card", "label", "summary", "promise", "risk")}
    return type("Failing", (Technique,), {"name": "failing", "sources": ("a test",), **described, phase: fail})


@pytest.mark.parametrize("phase", PHASES)
def test_a_failing_phase_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    failing = _failing(phase)
    monkeypatch.setitem(techniques.BY_NAME, failing.name, failing)
    monkeypatch.setitem(techniques.REGISTRY, failing.name, failing.Settings)
    last = ended(run(tmp_path / "run", tiny(tmp_path, {"failing": {}})))
    assert (last.status, last.reason) == ("failed", "technique_failed")
    told = sentence(last.reason, last.arguments)
    for word in ("failing", phase, "this is on purpose", "Switch it off"):
        assert word in told
