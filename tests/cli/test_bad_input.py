"""Whatever a person gets wrong, the command line answers with one clear sentence, exit status 2, and nothing begun."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpulab.events.documents import ArtifactSaved, RunEnded
from gpulab.events.log import EventLog
from gpulab.runs import folder
from gpulab.spec.presets import experiment_from
from tests.cli.conftest import Gpulab, Result
from tests.report.made import comparison_in
from tests.runs.stand_in import first


def assert_refused(result: Result, *words: str) -> None:
    assert result.status == 2
    assert result.out == ""
    assert all(line.startswith("gpulab: ") for line in result.err.splitlines()), result.err
    for jargon in ("Traceback", "codec", "[Errno"):
        assert jargon not in result.err
    for word in words:
        assert word in result.err


SETTINGS = {
    "training.stepz=5": ("training.stepz", "steps"),
    "techniques.prunning=on": ("techniques.prunning", "pruning"),
    "techniques.pruning.amonut=0.5": ("techniques.pruning.amonut", "amount"),
    "learning_rate=1": ("learning_rate", "training.learning_rate"),
    "nonsense.deep.down=1": ("nonsense.deep.down", "gpulab describe"),
    "training.steps=-1": ("training.steps", "-1", "0"),
    "training.steps=many": ("training.steps", "many", "whole number"),
    "training.steps=1.5": ("training.steps", "whole number"),
    "training.learning_rate=nan": ("training.learning_rate", "ordinary number"),
    "training.optimizer=adamx": ("training.optimizer", "adamw", "sgd"),
    "model.bias=perhaps": ("model.bias", "true or false"),
    "model.n_head=3": ("model.n_head", "3", "64"),
    "model.context_length=60000": ("model.context_length", "context"),
    "device=tpu": ("device", "cpu"),
    "device=cuda:77": ("device", "cuda:77", "cpu"),
    "data.path=/nowhere/at/all.txt": ("data.path", "/nowhere/at/all.txt"),
    "training.steps": ("path.to.field=value",),
    "=5": ("path.to.field=value",),
    "name=": ("name",),
    "evaluation.sample_prompt=日本": ("evaluation.sample_prompt",),
    "techniques.pruning=perhaps": ("techniques.pruning", "true or false"),
    "training=5": ("training",),
}


@pytest.mark.parametrize("override", SETTINGS)
def test_a_setting_that_cannot_be(gpulab: Gpulab, home: Path, tmp_path: Path, override: str, file: Path) -> None:
    if override.startswith("model.context_length"):
        text = tmp_path / "short.txt"
        text.write_text("A short text, though a fine one.\n" * 40, encoding="utf-8")
        result = gpulab("run", file, "--set", f"data.path={text}", "--set", override)
    else:
        result = gpulab("run", file, "--set", override)
    assert_refused(result, *SETTINGS[override])
    assert not (home / "runs").exists()


def test_every_problem_gets_its_sentence(gpulab: Gpulab, file: Path) -> None:
    result = gpulab("run", file, "--set", "training.steps=-1", "--set", "model.n_layer=0", "--set", "nope=1")
    assert_refused(result, "training.steps", "model.n_layer", "nope")
    assert len(result.err.splitlines()) == 3


def test_settings_that_depend_on_each_other_go_together(gpulab: Gpulab, file: Path) -> None:
    assert_refused(gpulab("run", file, "--set", "model.n_head=3", "--set", "model.n_embd=128"), "model.n_head")
    assert_refused(
        gpulab("run", file, "--set", "model.n_head=3", "--set", "model.n_embd=129", "--set", "device=cuda:77"), "device"
    )


TEXTS = {
    "empty.txt": b"",
    "blank.txt": b" \n\n  ",
    "binary.txt": bytes(range(256)) * 20,
    "latin1.txt": "Über allen Gipfeln ist Ruh. ".encode("latin-1") * 50,
    "cut.txt": "Ruh – ".encode()[:5] * 3 + b"\xe2\x80",
    "broken.jsonl": b'{"text": "a"}\n{"text": ',
    "picture.png": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_cannot_be_read(gpulab: Gpulab, home: Path, tmp_path: Path, name: str, file: Path) -> None:
    text = tmp_path / name
    text.write_bytes(TEXTS[name])
    assert_refused(gpulab("run", file, "--set", f"data.path={text}"), "data.path", name)
    assert not (home / "runs").exists()


def test_an_experiment_that_is_not_there(gpulab: Gpulab, tmp_path: Path) -> None:
    assert_refused(gpulab("run", tmp_path / "absent.toml"), "absent.toml")
    assert_refused(gpulab("run", tmp_path), str(tmp_path))


def test_an_experiment_cut_anywhere_never_breaks(gpulab: Gpulab, home: Path, file: Path) -> None:
    whole = file.read_bytes()
    for end in range(0, len(whole), 7):
        file.write_bytes(whole[:end])
        assert_refused(gpulab("run", file))
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"format = 99", b"format = 'x'", b"model = 5", b"[model]\nn_layer = [1]"]
)
def test_an_experiment_that_is_damaged(gpulab: Gpulab, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert_refused(gpulab("run", file))


def test_json_mode_says_it_twice(gpulab: Gpulab, file: Path) -> None:
    result = gpulab("run", file, "--json", "--set", "training.stepz=5")
    assert result.status == 2
    assert result.err.startswith("gpulab: training.stepz")
    (problem,) = result.json["problems"]
    assert result.json["status"] == "bad_input"
    assert (problem["key"], problem["field"]) == ("unknown_field", "training.stepz")
    assert "steps" in problem["sentence"]


def test_a_command_that_is_not_understood(gpulab: Gpulab, file: Path) -> None:
    assert_refused(gpulab("runn"), "runn", "--help")
    assert_refused(gpulab("run"), "FILE")
    assert_refused(gpulab("run", file, "--sett", "a=b", "--bogus"), "--bogus")
    assert gpulab("run", "--json").json["status"] == "bad_input"


def test_init_overwrites_nothing(gpulab: Gpulab, file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    assert_refused(gpulab("init", "mini", "--out", file), str(file))
    assert file.read_bytes() == before
    assert_refused(gpulab("init", "huge", "--out", tmp_path / "x.toml"), "huge", "nano")
    assert_refused(gpulab("init", "mini", "--out", tmp_path / "no" / "x.toml"), "x.toml")


def test_a_place_that_cannot_be_written_to(gpulab: Gpulab, file: Path) -> None:
    before = file.read_bytes()
    assert_refused(gpulab("run", file, "--out", file), str(file))
    assert file.read_bytes() == before
    for out in (file, file / "below"):
        assert_refused(gpulab("demo", "--out", out), str(out), "cannot be written")
    assert_refused(gpulab("demo", "--out", "/proc/nobody/may"), "/proc/nobody/may")


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a comparison, on a file system that can only be read: there, removing fails like writing."""
    place = tmp_path / "read-only"
    comparison_in(place)
    for name in ("open", "unlink"):
        known = getattr(Path, name)

        def refused(path: Path, *given: Any, known: Callable[..., Any] = known, **named: Any) -> Any:
            reads = known.__name__ == "open" and "r" in [*given, named.get("mode", "r")][0]
            if place in path.parents and not reads:
                raise OSError(errno.EROFS, "Read-only file system", str(path))
            return known(path, *given, **named)

        monkeypatch.setattr(Path, name, refused)
    return place


def test_where_nothing_can_be_written_everything_can_be_read(gpulab: Gpulab, read_only: Path, tmp_path: Path) -> None:
    comparison = next(path for path in read_only.iterdir() if (path / "comparison.json").is_file())
    for argv in (
        ("init", "nano", "--out", read_only / "x.toml"),
        ("pack", comparison, "--out", read_only / "x.zip"),
        ("report", comparison, "--out", read_only / "x.html"),
    ):
        assert_refused(gpulab(*argv), str(argv[-1]), "Read-only file system")
    assert gpulab("report", comparison, "--out", tmp_path / "x.csv").status == 0
    assert gpulab("comparisons", read_only).status == 0
    inside = gpulab("runs", comparison / "runs")
    assert inside.status == 0
    assert gpulab("runs", comparison).out == inside.out


@pytest.mark.parametrize("verb", ["resume", "stop", "pause", "continue", "replay"])
def test_a_folder_that_is_no_run(gpulab: Gpulab, tmp_path: Path, verb: str) -> None:
    assert_refused(gpulab(verb, tmp_path), "not the folder of a run")
    assert_refused(gpulab(verb, tmp_path / "absent"), "absent")


def test_a_comparison_where_a_run_is_wanted(gpulab: Gpulab, tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text("{}")
    (tmp_path / "events.jsonl").touch()
    for verb in ("generate", "export", "resume", "scan"):
        assert_refused(gpulab(verb, tmp_path), "is a comparison", str(tmp_path / "runs"))


@pytest.mark.parametrize("verb", ["runs", "comparisons"])
def test_a_list_of_a_folder_that_is_not_there(gpulab: Gpulab, home: Path, file: Path, verb: str) -> None:
    assert_refused(gpulab(verb, file.parent / "absent"), "no folder", "absent")
    assert_refused(gpulab(verb, file), "no folder", file.name)
    assert gpulab(verb).status == 0, "the app's own folder may not be there yet"
    assert not home.exists()


@pytest.mark.parametrize("verb", ["stop", "pause", "continue"])
def test_a_run_that_is_not_running(gpulab: Gpulab, tmp_path: Path, verb: str) -> None:
    run_dir = folder.create(tmp_path / "runs", experiment_from("nano"))
    assert_refused(gpulab(verb, run_dir), "not running")


def test_a_run_that_cannot_go_on(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path / "runs", experiment_from("nano"))
    assert_refused(gpulab("resume", run_dir), "no checkpoint")
    with EventLog(run_dir) as log:
        log.append([first(0, 0.0, 3), RunEnded(status="done", step=3)])
    assert_refused(gpulab("resume", run_dir), "finished")


def test_a_record_that_is_damaged(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path / "runs", experiment_from("nano"))
    (run_dir / "events.jsonl").write_bytes(b"{not a document}\n")
    assert_refused(gpulab("resume", run_dir), "damaged", "line 1")
    assert_refused(gpulab("replay", run_dir), "damaged", "line 1")


SLOW = [pytest.param(share, marks=pytest.mark.slow) for share in (0.0, 0.2, 0.9, 0.999)]


@pytest.mark.parametrize("share", [0.5, *SLOW])
def test_a_checkpoint_cut_anywhere(gpulab: Gpulab, tmp_path: Path, finished: Result, share: float) -> None:
    run_dir = Path(shutil.copytree(finished.json["run_dir"], tmp_path / "run"))
    _pretend_it_broke_off(run_dir)
    for path in (run_dir / "checkpoints").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    result = gpulab("resume", run_dir)
    assert result.status == 2
    assert "checkpoint" in result.err.splitlines()[-1]
    for jargon in ("Traceback", "codec", "[Errno"):
        assert jargon not in result.err


def _pretend_it_broke_off(run_dir: Path) -> None:
    """Takes the ending away, with what came after the last checkpoint."""
    lines = (run_dir / "events.jsonl").read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b'"checkpoint"' in line)
    (run_dir / "events.jsonl").write_bytes(b"".join(lines[: last + 1]))
    (run_dir / "worker.json").unlink()


def test_an_artifact_that_was_deleted_is_no_checkpoint(gpulab: Gpulab, tmp_path: Path) -> None:
    run_dir = folder.create(tmp_path / "runs", experiment_from("nano"))
    with EventLog(run_dir) as log:
        gone = ArtifactSaved(kind="checkpoint", path="checkpoints/gone", step=1, bytes=1)
        log.append([first(0, 0.0, 3), gone, RunEnded(status="stopped", step=3)])
    assert_refused(gpulab("resume", run_dir), "no checkpoint")
