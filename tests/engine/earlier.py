"""Models to start from: a run of GPU Lab, and a folder with GPT-2's layout, both tiny and of chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from gpulab.engine.build import build
from gpulab.engine.model_file import save_model
from gpulab.spec.decode import encode
from gpulab.spec.experiment import Experiment
from gpulab.spec.files import save
from gpulab.text.bpe import BPE
from gpulab.text.earlier import keep_tokenizer
from gpulab.text.tokenizers import Characters
from tests.engine.support import WORDS, tiny

LETTERS = Characters.of(" ".join(WORDS) + "\n")


def untrained_run(folder: Path, experiment: Experiment | None = None) -> Path:
    """The folder of a run whose model is what chance made of seed 7."""
    folder.mkdir(parents=True, exist_ok=True)
    experiment = experiment or tiny(folder, seed=7)
    state, _ = build(experiment, LETTERS.vocab_size, torch.device("cpu"), lambda document: None)
    save(experiment, folder / "experiment.toml")
    save_model(state.model, folder / "model.safetensors")
    keep_tokenizer(LETTERS, folder)
    return folder


def gpt2_folder(folder: Path, text: str, **config: object) -> Path:
    """A folder as Hugging Face writes GPT-2's: 2 layers of width 16, 300 tokens, random weights."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = json.loads(BPE.trained(text, 300).state()["tokenizer"])["model"]
    (folder / "vocab.json").write_text(json.dumps(tokenizer["vocab"]))
    merges = [" ".join(pair) for pair in tokenizer["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    known = {"n_layer": 2, "n_head": 2, "n_embd": 16, "n_positions": 24, "vocab_size": len(tokenizer["vocab"])}
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_ctx": 24, **known, **config}))
    chance = torch.Generator().manual_seed(3)
    shapes = {"wte.weight": (known["vocab_size"], 16), "wpe.weight": (24, 16), "ln_f.weight": (16,), "ln_f.bias": (16,)}
    for layer in range(2):
        for name, (into, out) in {
            "attn.c_attn": (16, 48),
            "attn.c_proj": (16, 16),
            "mlp.c_fc": (16, 64),
            "mlp.c_proj": (64, 16),
        }.items():
            shapes |= {f"h.{layer}.{name}.weight": (into, out), f"h.{layer}.{name}.bias": (out,)}
        for name in ("ln_1", "ln_2"):
            shapes |= {f"h.{layer}.{name}.weight": (16,), f"h.{layer}.{name}.bias": (16,)}
    tensors = {name: torch.randn(shape, generator=chance) * 0.3 for name, shape in shapes.items()}
    tensors |= {f"h.{layer}.attn.bias": torch.ones(1, 1, 24, 24).tril() for layer in range(2)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


def like_gpt2(folder: Path, start_from: Path, vocabulary_size: int, **training: Any) -> Experiment:
    """The tiny experiment in the shape of `gpt2_folder`, started from it."""
    from gpulab.spec.decode import decode
    from gpulab.techniques import REGISTRY

    table = encode(tiny(folder, **training))
    table["model"]["bias"] = True
    table["data"] |= {"tokenizer": "bpe", "vocabulary_size": vocabulary_size}
    table["techniques"] = {"activation": {"kind": "gelu_tanh"}, "transfer": {"start_from": str(start_from)}}
    return decode(table, REGISTRY)
