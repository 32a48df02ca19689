"""A training that starts elsewhere starts exactly there, or is refused with what differs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from gpulab.events.documents import Notice, Sample
from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.problem import BadInput
from gpulab.techniques import problems
from gpulab.text.earlier import tokenizer_in
from gpulab.text.tokenizers import Bytes
from gpulab.words import explain
from tests.engine.earlier import gpt2_folder, like_gpt2, untrained_run
from tests.engine.support import SENTENCE, built, ended, run, tiny, write_text

HERE = Machine("p", 4, 2**33)


def _from(folder: Path, origin: Path, **training: Any) -> Experiment:
    return tiny(folder, {"transfer": {"start_from": str(origin)}}, **training)


def _said(experiment: Experiment) -> str:
    return " ".join(explain(problem) for problem in problems(experiment, HERE))


def _val_losses(folder: Path, experiment: Experiment) -> list[float]:
    documents = run(folder, experiment)
    assert ended(documents).status == "done", ended(documents)
    return [d.values["val_loss"] or 0.0 for d in documents if isinstance(d, Sample) and "val_loss" in d.values]


def test_the_weights_are_those_of_the_earlier_run(tmp_path: Path) -> None:
    run(tmp_path / "earlier", tiny(tmp_path, seed=3))
    state, _, text = built(_from(tmp_path, tmp_path / "earlier"))
    there = load_file(tmp_path / "earlier" / "model.safetensors")
    here = state.model.state_dict()
    assert set(here) == set(there)
    assert all(torch.equal(here[name], there[name]) for name in there)
    assert text.tokenizer.state() == tokenizer_in(tmp_path / "earlier").state()


def test_a_checkpoint_will_do(tmp_path: Path) -> None:
    run(tmp_path / "earlier", tiny(tmp_path, seed=3))
    whole = load_file(tmp_path / "earlier" / "model.safetensors")
    (tmp_path / "earlier" / "model.safetensors").unlink()
    state, _, _ = built(_from(tmp_path, tmp_path / "earlier"))
    assert all(torch.equal(value, whole[name]) for name, value in state.model.state_dict().items())


def test_a_start_from_a_checkpoint_is_ahead_of_a_start_from_chance(tmp_path: Path) -> None:
    earlier = _val_losses(tmp_path / "earlier", tiny(tmp_path, steps=50, learning_rate=0.01))
    short: dict[str, Any] = {"steps": 10, "eval_interval": 10, "learning_rate": 0.01}
    ahead = _val_losses(tmp_path / "ahead", _from(tmp_path, tmp_path / "earlier", **short))
    chance = _val_losses(tmp_path / "chance", tiny(tmp_path, **short))
    assert ahead[0] == pytest.approx(earlier[-1], rel=1e-6)
    assert ahead[-1] < chance[-1] - 0.1


def test_a_run_of_no_steps_judges_and_compresses_what_it_starts_from(tmp_path: Path) -> None:
    first = ended(run(tmp_path / "earlier", tiny(tmp_path, seed=3)))
    again = tiny(tmp_path, {"transfer": {"start_from": str(tmp_path / "earlier")}, "quantization": {}}, steps=0)
    documents = run(tmp_path / "again", again)
    last = ended(documents)
    assert last.status == "done", last
    assert last.summary["steps"] == last.summary["tokens"] == 0
    assert last.summary["test_loss"] == first.summary["test_loss"]
    assert last.summary["compressed"]["model_bytes"] < last.summary["model_bytes"]


def test_old_runs_without_a_kept_tokenizer_have_it_made_anew(tmp_path: Path) -> None:
    documents = run(tmp_path / "earlier", tiny(tmp_path))
    assert ended(documents).status == "done"
    kept = tokenizer_in(tmp_path / "earlier")
    (tmp_path / "earlier" / "tokenizer.json").unlink()
    assert tokenizer_in(tmp_path / "earlier").state() == kept.state()


def test_characters_that_the_earlier_run_never_met_are_refused(tmp_path: Path) -> None:
    origin = untrained_run(tmp_path / "earlier")
    (tmp_path / "text.txt").write_text("".join(f"Číslo {number * 7919} {number}\n" for number in range(600)))
    with pytest.raises(BadInput, match="characters_unknown"):
        built(_from(tmp_path, origin))


# --- what cannot be started from ------------------------------------------------------------------------------------


def test_every_difference_is_named(tmp_path: Path) -> None:
    origin = untrained_run(tmp_path / "earlier", tiny(tmp_path, {"normalization": {"kind": "rmsnorm"}}))
    said = _said(_from(tmp_path, origin))
    assert "rmsnorm there" in said
    assert "Layers" not in said
    table = json.loads((tmp_path / "earlier" / "tokenizer.json").read_text())
    assert table["kind"] == "characters"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("nothing", ""),
        ("missing", "there is no folder at"),
        ("empty", "neither the folder of a run nor one with GPT-2's weights"),
        ("no weights", "holds no weights yet"),
        ("cut", "cannot be started from: model.safetensors"),
        ("not safetensors", "cannot be started from: model.safetensors"),
        ("no experiment", "neither the folder"),
        ("broken experiment", "cannot be started from: experiment_unreadable"),
        ("not named", "name the folder to start from"),
    ],
)
def test_a_bad_folder_is_refused_in_a_sentence(tmp_path: Path, damage: str, words: str) -> None:
    origin = untrained_run(tmp_path / "earlier")
    weights = origin / "model.safetensors"
    match damage:
        case "missing":
            origin = tmp_path / "nowhere"
        case "empty":
            origin = tmp_path / "void"
            origin.mkdir()
        case "no weights":
            weights.unlink()
        case "cut":
            weights.write_bytes(weights.read_bytes()[:-100])
        case "not safetensors":
            weights.write_bytes(b"PK\x03\x04 something else")
        case "no experiment":
            (origin / "experiment.toml").unlink()
        case "broken experiment":
            (origin / "experiment.toml").write_text("= nonsense")
    experiment = _from(tmp_path, origin) if damage != "not named" else tiny(tmp_path, {"transfer": {}})
    assert words in _said(experiment)
    assert bool(_said(experiment)) == bool(words)


@pytest.mark.parametrize("content", ["[]", "nonsense", '{"kind": "words"}', '{"kind": "bpe", "tokenizer": "{}"}', "{}"])
def test_a_tokenizer_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    origin = untrained_run(tmp_path / "earlier")
    (origin / "tokenizer.json").write_text(content)
    with pytest.raises(BadInput, match="tokenizer_unreadable"):
        tokenizer_in(origin)


def test_another_shape_in_the_file_than_its_plan_says_ends_the_run(tmp_path: Path) -> None:
    origin = untrained_run(tmp_path / "earlier")
    (origin / "tokenizer.json").write_bytes(json.dumps(Bytes().state()).encode())
    documents = run(tmp_path / "run", _from(tmp_path, origin))
    assert ended(documents).reason == "technique_failed"
    assert "token_embedding.weight is (256, 16) here" in str(ended(documents).arguments["error"])


# --- GPT-2 ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    return gpt2_folder(tmp_path / "gpt2", write_text(tmp_path).read_text() + SENTENCE)


def _norm(x: torch.Tensor, weights: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    centred = x - x.mean(-1, keepdim=True)
    return (
        centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * weights[f"{name}.weight"]
        + weights[f"{name}.bias"]
    )


def _gpt2_by_hand(weights: dict[str, torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
    """GPT-2's forward pass in plain arithmetic, weights as (in, out): logits (time, vocabulary) of tokens (time,)."""

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["wte.weight"][tokens] + weights["wpe.weight"][: len(tokens)]
    for layer in range(2):
        q, k, v = linear(_norm(x, weights, f"h.{layer}.ln_1"), f"h.{layer}.attn.c_attn").chunk(3, dim=1)
        heads = []
        for head in range(2):
            part = slice(8 * head, 8 * head + 8)
            scores = q[:, part] @ k[:, part].T / math.sqrt(8)
            scores = scores + torch.full_like(scores, -math.inf).triu(1)
            heads.append(scores.softmax(-1) @ v[:, part])
        x = x + linear(torch.cat(heads, dim=1), f"h.{layer}.attn.c_proj")
        hidden = linear(_norm(x, weights, f"h.{layer}.ln_2"), f"h.{layer}.mlp.c_fc")
        hidden = 0.5 * hidden * (1 + torch.tanh(math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)))
        x = x + linear(hidden, f"h.{layer}.mlp.c_proj")
    return _norm(x, weights, "ln_f") @ weights["wte.weight"].T


def test_gpt2_computes_what_its_formula_says(tmp_path: Path, gpt2: Path) -> None:
    vocabulary = json.loads((gpt2 / "config.json").read_text())["vocab_size"]
    state, _, text = built(like_gpt2(tmp_path, gpt2, vocabulary))
    tokens = torch.from_numpy(text.train[:16].astype("int64"))
    with torch.no_grad():
        ours = state.model.eval()(tokens[None])[0]
    torch.testing.assert_close(ours, _gpt2_by_hand(load_file(gpt2 / "model.safetensors"), tokens), rtol=1e-4, atol=1e-4)
    assert (
        text.tokenizer.decode(text.train[:16])
        == (tmp_path / "text.txt").read_text()[: len(text.tokenizer.decode(text.train[:16]))]
    )


def test_a_training_goes_on_from_gpt2(tmp_path: Path, gpt2: Path) -> None:
    vocabulary = json.loads((gpt2 / "config.json").read_text())["vocab_size"]
    assert ended(run(tmp_path / "run", like_gpt2(tmp_path, gpt2, vocabulary))).status == "done"


def test_gpt2s_differences_are_named(tmp_path: Path, gpt2: Path) -> None:
    said = _said(_from(tmp_path, gpt2))
    for words in (
        "Biases off here, on there",
        "Activation function gelu here, gelu_tanh there",
        "characters here, bpe there",
    ):
        assert words in said
    assert "Context" not in said  # a shorter one takes the first positions


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"model_type": "llama"}, "model_type"),
        ({"activation_function": "swish"}, "activation_function"),
        ({"n_inner": 40}, "n_inner"),
        ({"n_layer": "two"}, "cannot be started from"),
    ],
)
def test_another_model_than_gpt2_is_refused(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    folder = gpt2_folder(tmp_path / "gpt2", SENTENCE * 20, **config)
    assert words in _said(_from(tmp_path, folder))


def test_hugging_faces_own_tokenizer_file_reads_the_same(gpt2: Path) -> None:
    by_merges = tokenizer_in(gpt2)
    (gpt2 / "tokenizer.json").write_text(by_merges.state()["tokenizer"])
    assert tokenizer_in(gpt2).encode(SENTENCE).tolist() == by_merges.encode(SENTENCE).tolist()


# --- frozen layers --------------------------------------------------------------------------------------------------


def test_frozen_weights_stay_and_the_others_learn(tmp_path: Path) -> None:
    origin = untrained_run(tmp_path / "earlier")
    techniques: dict[str, dict[str, Any]] = {"transfer": {"start_from": str(origin)}, "frozen_layers": {"blocks": 1}}
    documents = run(tmp_path / "run", tiny(tmp_path, techniques))
    assert ended(documents).status == "done"
    assert not [d for d in documents if isinstance(d, Notice) and d.key == "frozen_by_chance"]
    before, after = (load_file(folder / "model.safetensors") for folder in (origin, tmp_path / "run"))
    kept = {name for name in before if torch.equal(before[name], after[name])}
    assert kept == {name for name in before if "embedding" in name or name.startswith("blocks.0.")}


def test_running_averages_of_frozen_layers_stay_too(tmp_path: Path) -> None:
    batchnorm: dict[str, dict[str, Any]] = {"normalization": {"kind": "batchnorm"}}
    run(tmp_path / "earlier", tiny(tmp_path, batchnorm))
    start: dict[str, dict[str, Any]] = {
        "transfer": {"start_from": str(tmp_path / "earlier")},
        "frozen_layers": {"blocks": 1},
    }
    assert ended(run(tmp_path / "run", tiny(tmp_path, {**batchnorm, **start}))).status == "done"
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("earlier", "run"))
    averages = {name for name in before if "running" in name}
    kept = {name for name in averages if torch.equal(before[name], after[name])}
    assert kept == {name for name in averages if name.startswith("blocks.0.")} != set()


def test_freezing_what_chance_made_is_warned_of(tmp_path: Path) -> None:
    documents = run(tmp_path / "run", tiny(tmp_path, {"frozen_layers": {}}))
    (notice,) = [d for d in documents if isinstance(d, Notice) and d.key == "frozen_by_chance"]
    assert notice.severity == "warning"


def test_too_much_cannot_be_frozen(tmp_path: Path) -> None:
    assert "3 blocks cannot be frozen: the model has 2" in _said(tiny(tmp_path, {"frozen_layers": {"blocks": 3}}))
    everything: dict[str, dict[str, Any]] = {"frozen_layers": {"blocks": 2}, "normalization": {"kind": "none"}}
    assert "nothing is left to learn" in _said(tiny(tmp_path, everything))
    assert not _said(tiny(tmp_path, {"frozen_layers": {"blocks": 2}}))


@pytest.mark.parametrize(("kind", "words"), [("lstm", "is an LSTM"), ("cnn", "is a causal CNN")])
def test_a_comparator_cannot_be_started_from(tmp_path: Path, kind: str, words: str) -> None:
    run(tmp_path / "earlier", tiny(tmp_path, {"architecture": {"kind": kind}}, steps=1))
    said = _said(_from(tmp_path, tmp_path / "earlier"))
    assert words in said
    assert "techniques." not in said.removeprefix("techniques.transfer.start_from")


def test_differences_are_named_in_plain_words(tmp_path: Path) -> None:
    run(tmp_path / "earlier", tiny(tmp_path, {"activation": {"kind": "silu"}}, steps=1))
    assert "Activation function gelu here, silu there" in _said(_from(tmp_path, tmp_path / "earlier"))
