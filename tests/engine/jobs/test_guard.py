"""What safety costs: a real checkpoint in every format, guarded, attacked; damage and a full disk are told in words."""

from __future__ import annotations

import resource
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from gpulab.analysis.guarding import ATTACKS, FORMATS, GUARDS, WAYS
from gpulab.engine import unsafe_pickle
from gpulab.engine.jobs import guard
from gpulab.events.documents import AnyDocument, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Guard
from gpulab.words import sentence
from tests.engine.jobs.support import done, suggestions, trial, trials
from tests.engine.support import ended, run, tiny


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    run(folder / "run", tiny(folder))
    return folder / "run"


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def guarding(folder: Path, run_dir: Path) -> list[AnyDocument]:
    return done(folder, "guard", tiny(folder), run=str(run_dir), rounds=5)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_way_is_timed_in_every_round_and_every_attack_is_tried(tmp_path: Path, trained: Path) -> None:
    before = contents(trained)
    documents = guarding(tmp_path, trained)
    assert ended(documents).status == "done"
    made = trials(documents)
    assert len(made) == guard.planned(Guard(rounds=5))
    newest = max(trained.glob("checkpoints/step-*"))
    assert made[0].values["bytes"] == (newest / "tensors.safetensors").stat().st_size
    assert made[0].values["saves"] == len(list(trained.glob("checkpoints/step-*"))) == 2
    rounds = [one.names["way"] for one in made if one.names["what"] == "round"]
    assert [rounds.count(way) for way in WAYS] == [5] * len(WAYS)
    starts = [rounds[at] for at in range(0, len(rounds), len(WAYS))]
    assert len(set(starts)) > 3, "another way begins each round"
    timed = [one.values[name] for one in made if one.names["what"] == "round" for name in ("write_s", "read_s")]
    assert all(value is not None and value > 0 for value in timed)
    tried = {one.names["attack"]: one.values["got_through"] for one in made if one.names["what"] == "attack"}
    assert tried == dict(zip(ATTACKS, (1.0, 0.0, 1.0, 0.0, 0.0), strict=True))
    costs = {one.names["way"]: one.values for one in made if one.names["what"] == "cost"}
    assert list(costs) == list(WAYS) == [*FORMATS, *GUARDS]
    assert costs["passphrase"]["write_s"] > costs["encryption"]["write_s"]  # type: ignore[operator]
    told = [one.key for one in suggestions(documents)]
    assert told[1:] == ["guard_checksum", "guard_encryption", "guard_passphrase", "guard_code", "guard_altered"]
    assert all(sentence(one.key, one.arguments) for one in suggestions(documents))
    assert before == {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}, (
        "the run is not touched"
    )
    assert not list((tmp_path / "jobs").rglob("guard-*")), "what was made is removed"


def test_a_run_without_checkpoints_is_asked_about_its_model(tmp_path: Path, copy: Path) -> None:
    shutil.rmtree(copy / "checkpoints")
    assert trials(guarding(tmp_path, copy))[0].names["file"] == "model.safetensors"
    (copy / "model.safetensors").unlink()
    end = ended(guarding(tmp_path, copy))
    assert (end.reason, end.arguments["field"]) == ("guard_nothing", "run")


def test_a_cut_checkpoint_is_refused(tmp_path: Path, copy: Path) -> None:
    tensors = max(copy.glob("checkpoints/step-*")) / "tensors.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:-100])
    end = ended(guarding(tmp_path, copy))
    assert (end.reason, end.arguments["path"]) == ("checkpoint_damaged", str(tensors))


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """What a full disk does, for larger files."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_is_told_and_left_clean(tmp_path: Path, trained: Path) -> None:
    size = max(trained.glob("checkpoints/step-*/tensors.safetensors")).stat().st_size
    with files_of_at_most(size + 200):  # a pickle is larger than safetensors
        end = ended(guarding(tmp_path, trained))
    assert (end.reason, end.arguments["detail"]) == ("guard_disk", "only a part of pickle was taken")
    assert not list((tmp_path / "jobs").rglob("guard-*"))


def test_it_does_not_begin_where_there_is_no_room(
    tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    end = ended(guarding(tmp_path, trained))
    assert (end.reason, end.step) == ("disk_too_full", 0)


def test_a_missing_library_is_named(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    end = ended(guarding(tmp_path, trained))
    assert (end.reason, end.arguments["library"]) == ("needs_library", "cryptography")
    assert "cryptography" in sentence(end.reason, end.arguments)


def test_a_trap_springs_only_where_nothing_is_checked_and_leaves_nothing(tmp_path: Path) -> None:
    assert unsafe_pickle.springs(tmp_path, safely=False)
    assert not unsafe_pickle.springs(tmp_path, safely=True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_pickled_comes_back_and_takes_time(tmp_path: Path) -> None:
    times = unsafe_pickle.timed({"weight": torch.arange(12.0)}, tmp_path / "some")
    assert all(took > 0 for took in times)


def made(way: str, write_s: float, read_s: float) -> Trial:
    return trial(1, {"what": "round", "way": way}, write_s=write_s, read_s=read_s)


def told(*found: Trial, train_seconds: float | None = 100.0) -> dict[str, str]:
    of = trial(1, {"what": "run", "file": "x"}, bytes=1e6, saves=4.0, train_seconds=train_seconds)
    suggested = guard.suggest([of, *found], Experiment(), Guard())
    return {one.key: sentence(one.key, one.arguments) for one in suggested}


def attacked(attack: str, through: float) -> Trial:
    return trial(1, {"what": "attack", "attack": attack}, got_through=through)


def test_each_checkpoint_counts_and_the_key_only_once() -> None:
    found = told(*[made("encryption", 0.2, 0.2)] * 5, *[made("passphrase", 0.5, 0.5)] * 5)
    assert (
        "every checkpoint of the run (4), and once to read: 1.0 % (1.0 to 1.0) of its training (1 min 40 s)"
        in (found["guard_encryption"])
    )
    assert "Once for the whole run, and once to read: 1.0 % (1.0 to 1.0)" in found["guard_passphrase"]
    assert list(told(made("checksum", 0.002, 0.001), train_seconds=None)) == ["guard_checksum_alone"]


@pytest.mark.parametrize(("read_s", "key"), [(0.5, "faster"), (2.0, "slower")])
def test_safe_loading_is_compared_round_by_round(read_s: float, key: str) -> None:
    rounds = [
        made(way, 1.0, base * part) for base in range(1, 8) for way, part in (("safetensors", read_s), ("pickle", 1))
    ]
    assert f"guard_loading_{key}" in told(*rounds)
    few = told(*rounds[:4])
    assert "guard_loading_alike" in few, "two rounds tell nothing"


def test_an_attack_that_ends_otherwise_is_not_told_as_if_it_had_not() -> None:
    usual = [attacked(name, through) for name, through in zip(ATTACKS, (1.0, 0.0, 1.0, 0.0, 0.0), strict=True)]
    one = made("checksum", 0.1, 0.1)
    assert {"guard_code", "guard_altered"} <= told(one, *usual).keys()
    odd = [attacked(name, 1.0) for name in ATTACKS]
    assert {"guard_code_otherwise", "guard_altered_otherwise"} <= told(one, *odd).keys()
    assert told() == {}
