"""An exported model opens again as the one it was, says what it is, and is never half written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from gpulab.comparisons.exporting import export
from gpulab.engine.model_file import load_model
from gpulab.runs.models import model_path
from gpulab.spec.decode import decode
from gpulab.spec.jobs import Part
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY
from gpulab.text.tokenizers import tokenizer_from
from gpulab.words import sentences
from tests.engine.support import run, tiny

KINDS: dict[str, dict[str, dict[str, Any]]] = {
    "plain": {},
    "rounded": {"quantization": {"scheme": "int8_dynamic"}, "neuron_pruning": {"amount": 0.5}},
    "cnn": {"architecture": {"kind": "cnn"}},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, techniques in KINDS.items():
        run(folder / name, tiny(folder, techniques, steps=2))
    return folder


@pytest.mark.parametrize(
    ("name", "part"), [("plain", "final"), ("rounded", "final"), ("rounded", "trained"), ("cnn", "final")]
)
def test_an_exported_model_is_the_same_model(runs: Path, name: str, part: Part, tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "model.safetensors"
    written = export(runs / name, part, out)
    tokens = torch.arange(12)[None]
    with torch.no_grad():
        expected = load_model(model_path(runs / name, part))(tokens)
        assert torch.equal(load_model(out)(tokens), expected)
    table = json.loads(written.config.read_bytes())
    content = out.read_bytes()
    assert table["sha256"] == hashlib.sha256(content).hexdigest()
    assert table["bytes"] == written.bytes == len(content)
    assert table["part"] == ("compressed" if (name, part) == ("rounded", "final") else "trained")
    assert decode(table["experiment"], REGISTRY).name == "tiny"
    assert tokenizer_from(table["tokenizer"]).decode([0, 1])
    with safe_open(out, framework="pt") as file:
        metadata = file.metadata()
    assert json.loads(metadata["tokenizer"]) == table["tokenizer"]
    assert json.loads(metadata["plan"]) == table["plan"]
    assert sorted(path.name for path in out.parent.iterdir()) == ["model.json", "model.safetensors"]


def refused(run_dir: Path, out: Path, **options: bool) -> str:
    with pytest.raises(BadInput) as bad:
        export(run_dir, "final", out, **options)
    (problem,) = bad.value.problems
    assert problem.key in sentences()
    return problem.key


def test_nothing_is_overwritten_unasked(runs: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.safetensors"
    export(runs / "plain", "final", out)
    before = out.read_bytes()
    assert refused(runs / "cnn", out) == "file_exists"
    assert out.read_bytes() == before
    export(runs / "cnn", "final", out, overwrite=True)
    assert out.read_bytes() != before
    (tmp_path / "other.json").write_text('{"somebody": "else"}')
    assert refused(runs / "plain", tmp_path / "other.safetensors", overwrite=True) == "file_exists"
    assert not (tmp_path / "other.safetensors").exists()
    assert refused(runs / "plain", runs / "plain/model.safetensors", overwrite=True) == "file_exists"


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(runs: Path, tmp_path: Path) -> None:
    assert refused(tmp_path, tmp_path / "out.safetensors") == "run_missing"
    (tmp_path / "young").mkdir()
    (tmp_path / "young/experiment.toml").write_bytes((runs / "plain/experiment.toml").read_bytes())
    assert refused(tmp_path / "young", tmp_path / "out.safetensors") == "no_finished_model"
    assert refused(runs / "plain", tmp_path / "model.json") == "model_needs_suffix"
    (tmp_path / "file").touch()
    assert refused(runs / "plain", tmp_path / "file/out.safetensors") == "folder_not_writable"
    assert {path.name for path in tmp_path.iterdir()} == {"young", "file"}


@pytest.mark.parametrize("harm", ["cut", "none", "length", "stranger"])
def test_a_damaged_model_is_refused(runs: Path, tmp_path: Path, harm: str) -> None:
    damaged = tmp_path / "run"
    damaged.mkdir()
    for name in ("experiment.toml", "tokenizer.json"):
        (damaged / name).write_bytes((runs / "plain" / name).read_bytes())
    whole = (runs / "plain/model.safetensors").read_bytes()
    contents = {
        "cut": whole[:-9],
        "none": b"",
        "length": b"\xff" * 8 + whole[8:],
        "stranger": b"\x02" + bytes(7) + b"{}",
    }
    (damaged / "model.safetensors").write_bytes(contents[harm])
    assert refused(damaged, tmp_path / "out.safetensors") == "model_unreadable"
    assert not (tmp_path / "out.safetensors").exists()
