"""What a run's memory is for, over its whole length, and by which step it was fullest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpulab.engine.probes.memory_map import allocations, given_back
from gpulab.engine.probes.memory_parts import Fullest, memory_parts, memory_series
from gpulab.events.documents import Sample, SeriesDeclared
from gpulab.spec.estimates import estimate
from tests.engine.support import built, ended, run, tiny

LOOKS = (6, 12)


def test_each_look_tells_what_memory_is_for(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, {"ema": {}})
    documents = run(tmp_path / "run", experiment)
    declared = {document.key for document in documents if isinstance(document, SeriesDeclared)}
    keys = {series.key for series in memory_series(on_gpu=False)}
    assert keys <= declared
    found = {one.step: one.values for one in documents if isinstance(one, Sample) and "mem_parameters" in one.values}
    assert tuple(found) == LOOKS
    state = built(experiment)[0]
    expected = estimate(state.plan, "adamw")
    for values in found.values():
        assert values["mem_workspace"] is not None
        assert values["mem_parameters"] == expected.weights_bytes - values["mem_workspace"]  # a copy of them, averaged
        assert values["mem_gradients"] == expected.gradients_bytes
        assert values["mem_optimizer"] == pytest.approx(expected.optimizer_bytes, rel=0.01)
        assert values["mem_activations"] == pytest.approx(expected.activations_bytes, rel=0.05)
    assert 0 < ended(documents).summary["peak_step"] <= 12


def test_what_cannot_be_read_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> dict[str, float]:
        raise RuntimeError("nobody knows")

    monkeypatch.setattr("gpulab.engine.run.memory_parts", broken)
    documents = run(tmp_path / "run", tiny(tmp_path))
    assert ended(documents).status == "done"
    told = [document for document in documents if getattr(document, "key", "") == "probe_failed"]
    assert len(told) == 1


def test_a_gpu_tells_workspace_and_fragmentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, pipeline, _ = built(tiny(tmp_path))
    held = memory_parts(state, pipeline, 1000)
    told = {"allocated_bytes.all.peak": int(sum(held.values())) + 77, "inactive_split_bytes.all.current": 5}
    monkeypatch.setattr("torch.cuda.memory_stats", lambda _: told)
    monkeypatch.setattr(state, "device", type("Device", (), {"type": "cuda"})())
    parts = memory_parts(state, pipeline, 1000)
    assert (parts["mem_workspace"], parts["mem_fragmentation"]) == (77, 5)
    assert {series.key for series in memory_series(on_gpu=True)} == set(parts)


def test_the_peak_has_its_step() -> None:
    peaks = iter((100, 100, 200, 201, None))
    fullest = Fullest(lambda: next(peaks))
    for step in range(1, 6):
        fullest.look(step)
    assert fullest.step == 3


def test_an_address_that_is_given_out_again_was_given_back_once() -> None:
    def event(when: int, address: int, size: int) -> dict[str, Any]:
        return {"ts": 1e6 * when, "args": {"Addr": address, "Bytes": size}}

    events = [event(1, 7, -100), event(2, 7, 100), event(3, 7, -100), event(4, 8, 50), event(5, 8, -50)]
    assert list(given_back(events)) == [(1.0, 7)]
    assert allocations(events) == [(2.0, 3.0, 7, 100), (4.0, 5.0, 8, 50)]
