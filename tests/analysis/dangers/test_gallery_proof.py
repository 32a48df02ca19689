"""Every bad setting of the gallery raises the danger it promises, and every good one raises nothing.

Two are proven with every change, one good and one bad; all of them with three seeds in a proof that goes on where it
broke off. It takes about ten minutes on two cores.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest

from gpulab.analysis.dangers import Evidence
from gpulab.bench.repeats import can_repeat
from gpulab.hardware.machine import this_machine
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.viewmodels.learning.gallery import Exhibit, bundled, named
from tests.analysis.dangers.test_proof import raised
from tests.analysis.dangers.trainings import evidence_of, trainings
from tests.engine.support import run
from tests.kept import PLACE, Kept, file_of

SEEDS = range(1, 4)
QUICK = ("blown-up", "quiet-run")
KEYS = [exhibit.entry.key for exhibit in bundled()]


def experiment_of(exhibit: Exhibit, seed: int) -> Experiment:
    """As it is opened, on one thread of the processor."""
    training = msgspec.structs.replace(exhibit.experiment.training, seed=seed)
    return msgspec.structs.replace(exhibit.experiment, training=training, device="cpu", threads=1)


def trained(key: str, seed: int) -> Evidence:
    """The evidence of the setting `key`, trained the whole way of a real run."""
    from gpulab.engine.worker import quieten

    quieten()
    with tempfile.TemporaryDirectory() as root:
        return evidence_of(run(Path(root, "run"), experiment_of(named(key), seed)))


def keeps_its_promise(exhibit: Exhibit, evidence: Evidence) -> bool:
    """Whether what it raised is what the gallery says."""
    found = raised(evidence)
    return not found if exhibit.good else exhibit.entry.danger in found


@pytest.mark.parametrize("key", QUICK)
def test_one_good_and_one_bad_setting_do_what_they_say(key: str, tmp_path: Path) -> None:
    exhibit = named(key)
    evidence = evidence_of(run(tmp_path / "run", experiment_of(exhibit, exhibit.experiment.training.seed)))
    assert keeps_its_promise(exhibit, evidence), raised(evidence)


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(not can_repeat(), reason="this system cannot fork a process")
@pytest.mark.parametrize("key", KEYS)
def test_every_setting_does_what_it_says_with_three_seeds(key: str) -> None:
    exhibit = named(key)
    kept = Kept(file_of(PLACE, f"gallery-{key}", (encode(exhibit.experiment),)), Evidence)
    done = dict(kept.lines())
    missing = [(key, seed) for seed in SEEDS if seed not in done]
    for _, seed, evidence in trainings(missing, this_machine().cores, trained):
        done[seed] = evidence
        kept.add(seed, evidence)
    assert {seed: raised(done[seed]) for seed in SEEDS if not keeps_its_promise(exhibit, done[seed])} == {}
