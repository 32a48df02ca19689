"""Each command does what its help says."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec

from gpulab.cli.doctor import examine
from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog
from gpulab.hardware.machine import Machine
from gpulab.hardware.nvidia import Gpu
from gpulab.runs import folder
from gpulab.runs.home import runs_root
from gpulab.spec.decode import all_settings
from gpulab.spec.files import load
from gpulab.spec.presets import PRESETS, experiment_from
from gpulab.techniques import BY_NAME, REGISTRY, TECHNIQUES
from tests.cli.conftest import Gpulab
from tests.runs.stand_in import first


def test_init_writes_a_file_that_runs_as_it_is(gpulab: Gpulab, tmp_path: Path) -> None:
    for name in PRESETS:
        assert gpulab("init", name, "--out", tmp_path / name).status == 0
        assert load(tmp_path / name, REGISTRY) == experiment_from(name)


def test_describe_tells_every_setting_and_technique(gpulab: Gpulab) -> None:
    told = gpulab("describe", "--json").json
    paths = [setting["path"] for setting in told["settings"]]
    paths += [setting["path"] for technique in told["techniques"] for setting in technique["settings"]]
    assert paths == list(all_settings(REGISTRY))
    assert [technique["name"] for technique in told["techniques"]] == [technique.name for technique in TECHNIQUES]
    words = gpulab("describe").out
    for path in paths:
        assert path in words
    for technique in TECHNIQUES:
        assert technique.promise in words
        assert technique.risk in words


def test_describe_tells_one_technique_or_setting(gpulab: Gpulab) -> None:
    card = gpulab("describe", "pruning").out
    for line in (BY_NAME["pruning"].promise, BY_NAME["pruning"].risk, *BY_NAME["pruning"].sources):
        assert line in card
    assert "techniques.pruning.amount = " in card
    assert "techniques.ema" not in card
    reason = BY_NAME["layer_pruning"].conflicts["layer_sharing"]
    assert f"not with layer_sharing: {reason}" in gpulab("describe", "layer_pruning").out
    assert f"not with layer_pruning: {reason}" in gpulab("describe", "layer_sharing").out
    whole = gpulab("describe", "--json").json["techniques"]
    assert gpulab("describe", "pruning", "--json").json in whole
    assert gpulab("describe", "pruning.amount").out == gpulab("describe", "techniques.pruning.amount").out
    assert gpulab("describe", "training.steps", "--json").json["path"] == "training.steps"
    for name, said in (
        ("prunning", "Did you mean pruning?"),
        ("nonsense", "no such technique"),
    ):
        refused = gpulab("describe", name)
        assert (refused.status, refused.out, said in refused.err) == (2, "", True)


def test_doctor_examines_this_machine(gpulab: Gpulab) -> None:
    found = gpulab("doctor", "--json").json
    assert found["memory_bytes"] > 0
    assert found["libraries"]["torch"]
    assert "Device: " in gpulab("doctor").out


def test_doctor_names_what_cannot_be_used_and_why() -> None:
    bare = examine(Machine("Old processor", cores=4, memory_bytes=2**33))
    unusable = {option["option"]: option["reason"] for option in bare["unusable"]}
    assert "8.0" in unusable["techniques.precision.mode=tf32"]
    assert "GPU" in unusable["techniques.allocator"]
    gpu = examine(Machine("p", 4, 2**33, gpus=(Gpu(0, "Ampere", 2**34, (8, 0)),)))
    assert "techniques.precision.mode=tf32" not in {option["option"] for option in gpu["unusable"]}
    assert gpu["device"] == "cuda:0"


def test_a_gpu_that_this_torch_cannot_reach_is_named() -> None:
    machine = Machine("p", 4, 2**33)
    assert examine(machine)["problems"] == []
    (problem,) = examine(msgspec.structs.replace(machine, unused_gpu="Ampere"))["problems"]
    assert "Ampere" in problem


def test_runs_are_listed(gpulab: Gpulab) -> None:
    assert "no runs" in gpulab("runs").err
    run_dir = folder.create(runs_root(), experiment_from("nano"))
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, 3)])
    (entry,) = gpulab("runs", "--json").json  # nobody is at work on it: it is closed by looking
    assert (entry["state"], entry["reason"], entry["run_dir"]) == ("vanished", "worker_vanished", str(run_dir))
    assert run_dir.name in gpulab("runs").out


def test_the_queue_is_served_from_the_terminal(gpulab: Gpulab, file: Path) -> None:
    first_dir = gpulab("queue", "add", file).out.strip()
    second_dir = gpulab("queue", "add", file, "--set", "name=Second").out.strip()
    gpulab("queue", "move", second_dir, "1")
    assert [line.split() for line in gpulab("queue").out.splitlines()] == [["1", second_dir], ["2", first_dir]]
    gpulab("queue", "remove", first_dir)
    assert gpulab("queue").out.split() == ["1", second_dir]
    assert tomllib.loads((Path(second_dir) / "experiment.toml").read_text())["name"] == "Second"


def test_what_belongs_to_the_window_is_handed_over(
    gpulab: Gpulab, called: list[tuple[str, object]], file: Path, tmp_path: Path
) -> None:
    run_dir = folder.create(tmp_path / "runs", experiment_from("nano"))
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, 3), RunEnded(status="done", step=3)])
    for argv in ([], ["open", file], ["demo", "--out", tmp_path / "d"], ["replay", run_dir], ["bench", "--write", "x"]):
        assert gpulab(*argv).status == 0
    handed = [
        ("open", None),
        ("open", file),
        ("demo", tmp_path / "d"),
        ("replay", run_dir),
        ("bench", ["--write", "x"]),
    ]
    assert called == handed
    assert not (tmp_path / "d").exists()  # its place was only tried


def test_quick_commands_import_neither_torch_nor_qt_nor_numpy() -> None:
    check = (
        "import sys; from gpulab.__main__ import main; main(['runs', '--json']); "
        "print(sorted({'torch', 'PySide6', 'numpy', 'scipy'} & sys.modules.keys()))"
    )
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert json.loads(out.splitlines()[-1]) == []
