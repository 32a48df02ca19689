"""The proof over seeds: each scenario is caught in at least 19 of 20, and of 200 healthy runs at most 8 raise anything.

Each training is kept, as its evidence, as soon as it ended, so that a proof that broke off goes on where it was and a
rule that was changed is proven again without training. It takes about an hour on two cores. Thresholds were chosen on
other seeds, from 1000 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.dangers import DETECTORS, Evidence
from gpulab.analysis.dangers.watch import Watch
from gpulab.bench.repeats import can_repeat
from gpulab.hardware.machine import this_machine
from tests.analysis.dangers.trainings import HEALTHY, SCENARIOS, evidence_of, trainings
from tests.engine.support import run, tiny
from tests.kept import PLACE, Kept, file_of

SEEDS, HEALTHY_SEEDS = range(1, 21), range(1, 201)
SICK = [name for name, scenario in SCENARIOS.items() if scenario.raised]


def raised(evidence: Evidence) -> set[str]:
    """The names of the rules that raise something, asked as the window asks them."""
    watch = Watch(DETECTORS)
    watch.look(evidence)
    assert not watch.switched_off
    return {one.detector.name for one in watch.raised}


def kept_in(folder: Path, name: str) -> Kept[Evidence]:
    """Where trainings of scenario `name` wait for the rest of them."""
    scenario = SCENARIOS[name]
    text = scenario.text() if scenario.text else ""
    return Kept(file_of(folder, f"dangers-{name}", (scenario.table, text)), Evidence)


def evidences(name: str, seeds: Sequence[int]) -> Iterator[Evidence]:
    """A training of scenario `name` for each seed, those that were kept before included."""
    kept = kept_in(PLACE, name)
    done = dict(kept.lines())
    missing = [(name, seed) for seed in seeds if seed not in done]
    for _, seed, evidence in trainings(missing, this_machine().cores):
        done[seed] = evidence
        kept.add(seed, evidence)
    return (done[seed] for seed in seeds)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(not can_repeat(), reason="this system cannot fork a process")
@pytest.mark.parametrize("name", SICK)
def test_a_scenario_is_caught_in_at_least_19_of_20_seeds(name: str) -> None:
    caught = [SCENARIOS[name].raised in raised(evidence) for evidence in evidences(name, SEEDS)]
    assert sum(caught) >= 19, caught


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(not can_repeat(), reason="this system cannot fork a process")
def test_of_200_healthy_runs_at_most_8_raise_anything() -> None:
    found = [names for evidence in evidences(HEALTHY, HEALTHY_SEEDS) if (names := raised(evidence))]
    assert len(found) <= 8, found


def test_one_real_divergence_is_caught_with_its_cause(tmp_path: Path) -> None:
    experiment = tiny(tmp_path, learning_rate=10.0, optimizer="sgd", steps=40)
    watch = Watch(DETECTORS)
    watch.look(evidence_of(run(tmp_path / "run", experiment)))
    (found, *_) = watch.raised
    assert found.danger.key == "diverged_rate"
    assert found.danger.step <= 5


def test_what_is_kept_is_read_again_but_for_a_line_that_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    evidence = Evidence(step=1, steps=2, settings={"a": {"b": 1}}, series={}, vocab_size=3)
    line = msgspec.json.encode((7, evidence))
    file.write_bytes(b"\n" + line + b"\n" + line[:-9])
    assert list(Kept(file, Evidence).lines()) == [(7, evidence)]
    assert list(Kept(tmp_path / "none", Evidence).lines()) == []
