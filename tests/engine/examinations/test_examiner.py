"""Whoever asks a model leaves it alone: same losses, same weights; who fails is switched off; a stop is a stop."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from gpulab.comparisons.dangers import finding, standing
from gpulab.engine import run as run_module
from gpulab.engine.examinations.examination import Examination, Found, Subject, When
from gpulab.events.control import give
from gpulab.events.documents import AnyDocument, Examined, Notice
from gpulab.viewmodels.record import RunRecord
from tests.engine.support import ended, losses, run, tiny


def rough(subject: Subject) -> Found:
    """Does all that an examination might do to a model's surroundings."""
    subject.model.train()
    torch.rand(3)
    with torch.enable_grad(), subject.context():
        subject.model(subject.held_out[0]).square().mean().backward()
    for buffer in subject.model.buffers():
        buffer.add_(1)
    return Found({"asked": 1.0, "beyond": float("inf")}, {"part": {"figure": 2.0}})


def asked(monkeypatch: pytest.MonkeyPatch, *examinations: Examination) -> None:
    monkeypatch.setattr(run_module, "EXAMINATIONS", examinations)


def found(documents: list[AnyDocument]) -> list[Examined]:
    return [document for document in documents if isinstance(document, Examined)]


@pytest.mark.parametrize("techniques", [{}, {"normalization": {"kind": "batchnorm"}}, {"dropout": {}}])
def test_nobody_notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, techniques: dict[str, dict[str, str]]) -> None:
    asked(monkeypatch)
    without = run(tmp_path / "without", tiny(tmp_path, techniques))
    asked(monkeypatch, Examination("rough", "rough", "sometimes", rough))
    having = run(tmp_path / "with", tiny(tmp_path, techniques))
    assert not found(without)
    assert found(having)
    assert losses(having) == losses(without)
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("without", "with"))
    assert all(torch.equal(before[name], after[name]) for name in before | after)
    assert ended(having).summary["examination_s"] > 0.0


@pytest.mark.parametrize(("when", "steps"), [("begin", [0, 12]), ("sometimes", [0, 3, 6, 9, 12, 12]), ("end", [12])])
def test_each_has_its_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: When, steps: list[int]) -> None:
    asked(monkeypatch, Examination("rough", "rough", when, rough))
    told = found(run(tmp_path / "run", tiny(tmp_path, eval_interval=1)))
    assert [one.step for one in told] == steps
    assert [one.final for one in told] == [False] * (len(steps) - 1) + [True]
    assert told[-1].values == {"asked": 1.0, "beyond": None}
    assert told[-1].parts == {"part": {"figure": 2.0}}
    assert told[-1].variant == "trained"


def test_the_compressed_model_is_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def apart(subject: Subject) -> Found:
        return Found({"same": float(subject.before is subject.state.model)})

    asked(monkeypatch, Examination("apart", "apart", "end", apart))
    told = found(run(tmp_path / "run", tiny(tmp_path, {"pruning": {}})))
    assert [(one.variant, one.values["same"]) for one in told] == [("trained", 0.0), ("compressed", 1.0)]


def test_one_that_fails_is_switched_off_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(subject: Subject) -> Found:
        raise ValueError("no such head")

    sound = Examination("rough", "rough", "end", rough)
    asked(monkeypatch, Examination("fails", "a failing one", "sometimes", fails), sound)
    documents = run(tmp_path / "run", tiny(tmp_path))
    said = [one for one in documents if isinstance(one, Notice) and one.key == "probe_failed"]
    assert [dict(one.arguments) for one in said] == [{"probe": "a failing one", "error": "ValueError: no such head"}]
    assert [one.name for one in found(documents)] == ["rough"]
    assert ended(documents).status == "done"


def test_a_stop_inside_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(subject: Subject) -> Found:
        give(tmp_path / "run", "stop")
        subject.check()
        raise AssertionError("went on")

    asked(monkeypatch, Examination("stopped", "stopped", "begin", stopped))
    documents = run(tmp_path / "run", tiny(tmp_path))
    assert ended(documents).status == "stopped"
    assert not [one for one in documents if isinstance(one, Notice) and one.key == "probe_failed"]


def test_it_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gpulab.spec.decode import with_value
    from gpulab.techniques import REGISTRY

    asked(monkeypatch, Examination("rough", "rough", "sometimes", rough))
    experiment = with_value(tiny(tmp_path), "evaluation.examine", False, REGISTRY)
    assert not found(run(tmp_path / "run", experiment))


def test_a_record_keeps_what_a_resume_does_not_take_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(monkeypatch, Examination("rough", "rough", "sometimes", rough))
    documents = run(tmp_path / "run", tiny(tmp_path))
    record = RunRecord("run", tmp_path / "run", "run")
    record.take(documents)
    kept = [finding(one) for one in found(documents)]
    assert record.findings == kept
    assert standing(kept, 6) == [one for one in kept if one.step <= 6]
    assert not any(one.final for one in standing(kept, 12))
