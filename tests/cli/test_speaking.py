"""`gpulab generate`, `export` and `doses` on a real finished run."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Gpulab, Result


def test_a_finished_model_writes_to_the_terminal(gpulab: Gpulab, finished: Result) -> None:
    run_dir = finished.json["run_dir"]
    shown = gpulab("generate", run_dir, "--prompt", "To be", "--length", "20", "--seed", "3")
    assert shown.status == 0, shown.err
    assert shown.out.startswith("To be")
    assert "20 tokens" in shown.err
    assert "tokens/s" in shown.err
    told = gpulab("generate", run_dir, "--prompt", "To be", "--length", "20", "--seed", "3", "--cache", "off", "--json")
    assert told.json["text"] == shown.out.removeprefix("To be").removesuffix("\n")
    assert (told.json["tokens"], told.json["ended"], told.json["status"]) == (20, "length", "done")


def test_what_cannot_be_written_is_said(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    run_dir = finished.json["run_dir"]
    unknown = gpulab("generate", run_dir, "--prompt", "中", "--json")
    assert (unknown.status, "never met these characters" in unknown.err) == (2, True)
    assert json.loads(unknown.out)["problems"][0]["field"] == "prompt"
    assert "not the folder of a run" in gpulab("generate", tmp_path, "--prompt", "x").err
    assert "no compressed model" in gpulab("generate", run_dir, "--compressed").err
    assert "--top-p: 7.0 is outside" in gpulab("generate", run_dir, "--top-p", "7").err


def test_export_writes_a_model_and_its_config(gpulab: Gpulab, finished: Result, tmp_path: Path) -> None:
    out = tmp_path / "model.safetensors"
    told = gpulab("export", finished.json["run_dir"], "--format", "safetensors", "--out", out, "--json").json
    assert (told["path"], told["bytes"]) == (str(out), out.stat().st_size)
    assert json.loads((tmp_path / "model.json").read_bytes())["plan"]["n_layer"] > 0
    again = gpulab("export", finished.json["run_dir"], "--out", out)
    assert (again.status, "already exists" in again.err) == (2, True)
    assert "choose from" in gpulab("export", finished.json["run_dir"], "--format", "onnx").err


def test_doses_name_the_last_safe_one(gpulab: Gpulab, finished: Result) -> None:
    run_dir = finished.json["run_dir"]
    tried = gpulab("doses", run_dir, "--technique", "quantization", "--windows", "2")
    assert tried.status == 0, tried.err
    assert "Weights in 8 bits" in tried.out
    assert "bits for each weight" in tried.out
    wrong = gpulab("doses", run_dir, "--values", "0.5 much")
    assert (wrong.status, "values:" in wrong.err) == (2, True)
