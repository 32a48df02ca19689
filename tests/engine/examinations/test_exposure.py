"""Exposure: exact where ranks are known, chance before training, high for secrets that were learned by heart."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gpulab.analysis.dangers import Evidence, Finding
from gpulab.analysis.dangers.exposure import EXPOSURE as RULE
from gpulab.engine.examinations import exposure
from gpulab.engine.examinations.examination import Subject
from gpulab.engine.examinations.exposure import ASKED, LINES
from gpulab.events.documents import Examined
from gpulab.spec.decode import with_values
from gpulab.techniques import REGISTRY
from gpulab.techniques.canaries import CanariesSettings, secrets
from tests.engine.support import built, run, tiny


def _found(folder: Path, experiment: object) -> list[Examined]:
    documents = run(folder / "run", experiment)  # type: ignore[arg-type]
    return [one for one in documents if isinstance(one, Examined) and one.name == "exposure"]


def _evidence(found: list[Examined]) -> Evidence:
    findings = tuple(Finding(one.name, one.step, one.values, one.parts, one.variant, one.final) for one in found)
    return Evidence(
        step=200, steps=200, settings={"techniques": {"canaries": {"repeats": 60}}}, series={}, findings=findings
    )


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> list[Examined]:
    """A small model that reads a short text with four secrets in it, over and over."""
    folder = tmp_path_factory.mktemp("learned")
    experiment = tiny(
        folder,
        {"canaries": {"secrets": 4, "repeats": 60}},
        steps=200,
        batch_size=16,
        learning_rate=1e-2,
        eval_interval=50,
        checkpoint_interval=10**6,
    )
    larger = {"model.context_length": 48, "model.n_embd": 32}
    return _found(folder, with_values(experiment, larger, REGISTRY))


def test_exposure_climbs_from_chance_and_raises_the_danger(learned: list[Examined]) -> None:
    bits = [one.values["exposure"] for one in learned]
    most = math.log2(LINES // 4)
    assert learned[0].step == 0
    assert bits[0] is not None
    assert bits[0] < 3.5
    assert bits[-1] is not None
    assert bits[-1] > 0.8 * most
    assert list(learned[-1].parts) == [secret.name for secret in secrets(CanariesSettings(secrets=4))]
    raised = RULE.look(_evidence(learned))
    assert raised is not None
    assert raised.severity == "danger"
    assert 0 < raised.step <= 200
    assert dict(raised.arguments)["count"] == 4
    assert raised.tries[0].changes == {"techniques.deduplication": True}
    assert RULE.look(_evidence(learned[:1])) is None


def test_nothing_is_asked_where_nothing_was_planted(tmp_path: Path) -> None:
    assert not _found(tmp_path, tiny(tmp_path))


def test_the_rank_among_drawn_digits_is_the_exposure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    experiment = tiny(tmp_path, {"canaries": {"secrets": 20, "repeats": 2}, "lower_casing": {}})
    state, pipeline, text = built(experiment)
    held_out = (torch.zeros(1, 16, dtype=torch.int64),) * 2
    rest = (state, pipeline, text, held_out, lambda: pipeline.forward_context(state), lambda: None)
    subject = Subject(state.model, "trained", False, *rest)

    def known(subject: Subject, lines: list[str]) -> torch.Tensor:
        return torch.tensor([3.0, 1.0, 3.0, *[4.0] * (len(lines) - 3)])

    with torch.no_grad():
        real = exposure.EXPOSURE.examine(subject)
    assert real is not None
    assert real.values["secrets"] == ASKED
    monkeypatch.setattr(exposure, "_losses", known)
    found = exposure.EXPOSURE.examine(subject)
    assert found is not None
    assert found.values["exposure"] == pytest.approx(math.log2(LINES / ASKED / 3))
    assert found.values["first"] == 0


@pytest.mark.parametrize(
    ("exposures", "is_raised"),
    [([10.0], True), ([9.9], False), ([7.0, 7.0], True), ([3.0] * 8, False), ([3.6] * 8, True)],
)
def test_only_what_chance_hardly_reaches_is_raised(exposures: list[float], is_raised: bool) -> None:
    parts = {str(place): {"exposure": bits} for place, bits in enumerate(exposures)}
    values = {"exposure": sum(exposures) / len(exposures), "secrets": float(len(exposures)), "most": 7.0, "first": 0.0}
    evidence = Evidence(step=9, steps=9, settings={}, series={}, findings=(Finding("exposure", 9, values, parts),))
    assert (RULE.look(evidence) is not None) == is_raised
