"""What can be started from: the folder of an earlier run, or one with GPT-2's weights. Read without torch.

Only descriptions are read here: `experiment.toml`, `config.json` and the head of a weights file, a few kilobytes, so
that a form can ask at each keystroke. `gpulab.techniques.transfer` reads the weights themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from gpulab.spec.experiment import Experiment
from gpulab.spec.files import load
from gpulab.spec.plan import Plan
from gpulab.spec.problem import BadInput, refuse
from gpulab.spec.setting import settings_of
from gpulab.techniques.shapes import shapes

MODEL, CONFIG, EXPERIMENT, TENSORS = "model.safetensors", "config.json", "experiment.toml", "tensors.safetensors"

_SHAPES = {
    "n_layer": "model.n_layer",
    "n_head": "model.n_head",
    "n_embd": "model.n_embd",
    "bias": "model.bias",
    "normalization": "techniques.normalization.kind",
    "norm_placement": "techniques.normalization.placement",
    "activation": "techniques.activation.kind",
    "tied": "techniques.weight_tying",
    "shared_layers": "techniques.layer_sharing",
    "n_kv_head": "techniques.grouped_query_attention",
    "hidden_widths": "techniques.neuron_pruning",
    "head_counts": "techniques.head_pruning",
    "kv_head_counts": "techniques.head_pruning",
}
"""What of a plan must be the same for weights to mean the same, and where each is set."""

_GPT2_ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu"}


class Origin(msgspec.Struct, frozen=True):
    """Weights to start from: their file, whose tensors' names begin with `prefix`, their shapes and their pieces."""

    kind: Literal["run", "gpt2"]
    weights: Path
    prefix: str
    plan: Plan
    tokenizer: str
    vocabulary_size: int


class _Config(msgspec.Struct, frozen=True):
    """What is needed of a Hugging Face `config.json` of GPT-2; other fields are left unread."""

    n_layer: int
    n_head: int
    n_embd: int
    n_positions: int
    vocab_size: int
    model_type: str = "gpt2"
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    n_inner: int | None = None
    tie_word_embeddings: bool = True
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False


def read_origin(folder: str, field: str) -> Origin:
    """What `folder` holds. Raises BadInput at `field` where it cannot be started from."""
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise refuse("origin_missing", field, path=folder)
    try:
        if (place / EXPERIMENT).is_file():
            return _of_gpt(_of_run(place, field), folder, field)
        if (place / CONFIG).is_file():
            return _of_gpt2(place, field)
    except (OSError, ValueError, KeyError, msgspec.MsgspecError) as error:
        raise refuse("origin_damaged", field, path=folder, detail=_one_line(error)) from error
    raise refuse("origin_unknown", field, path=folder)


def _of_gpt(origin: Origin, folder: str, field: str) -> Origin:
    """`origin` itself. Raises BadInput where a comparator was trained there: its weights mean nothing to a GPT."""
    if origin.plan.architecture != "gpt":
        kind = {"lstm": "an LSTM", "cnn": "a causal CNN"}[origin.plan.architecture]
        raise refuse("origin_is_comparator", field, path=folder, kind=kind)
    return origin


def differences(plan: Plan, experiment: Experiment, origin: Origin) -> Iterator[str]:
    """Each setting in which `experiment`, of shape `plan`, is another than `origin`, with both values."""
    labels = {setting.path: setting.label for setting in settings_of(Experiment)}
    for name, path in _SHAPES.items():
        here, there = (_shape(each, name) for each in (plan, origin.plan))
        if here != there:
            yield f"{labels.get(path) or _technique(path)} {_shown(here)} here, {_shown(there)} there"
    if plan.context_length > origin.plan.context_length:
        label = labels["model.context_length"]
        yield f"{label} {plan.context_length} here, at most {origin.plan.context_length} there"
    data = experiment.data
    if data.tokenizer != origin.tokenizer:
        yield f"{labels['data.tokenizer']} {data.tokenizer} here, {origin.tokenizer} there"
    elif data.tokenizer == "bpe" and data.vocabulary_size != origin.vocabulary_size:
        label = labels["data.vocabulary_size"]
        yield f"{label} {data.vocabulary_size} here, {origin.vocabulary_size} there"


def _technique(path: str) -> str:
    """The plain name of the technique that the setting at `path` belongs to."""
    from gpulab.techniques import BY_NAME  # which lists the one that asks

    return BY_NAME[path.split(".")[1]].label


def _shape(plan: Plan, name: str) -> Any:
    if name == "n_kv_head":
        return plan.n_kv_head or plan.n_head
    return getattr(plan, name, None)


def _shown(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _of_run(place: Path, field: str) -> Origin:
    from gpulab.techniques import REGISTRY  # which lists the technique that asks

    try:
        experiment = load(place / EXPERIMENT, REGISTRY)
    except BadInput as error:
        raise refuse("origin_damaged", field, path=str(place), detail=error.problems[0].key) from error
    data = experiment.data
    if (place / MODEL).is_file():
        metadata, _ = _head(place / MODEL)
        plan = msgspec.json.decode(metadata.get("plan", ""), type=Plan)
        return Origin("run", place / MODEL, "", plan, data.tokenizer, data.vocabulary_size)
    saved = sorted((place / "checkpoints").glob(f"step-*/{TENSORS}"))
    if not saved:
        raise refuse("origin_without_weights", field, path=str(place))
    _, sizes = _head(saved[-1])
    plan = shapes(experiment, sizes["model.token_embedding.weight"][0])
    return Origin("run", saved[-1], "model.", plan, data.tokenizer, data.vocabulary_size)


def _of_gpt2(place: Path, field: str) -> Origin:
    config = msgspec.json.decode((place / CONFIG).read_bytes(), type=_Config)
    strange = [
        name
        for name, fits in {
            "model_type": config.model_type == "gpt2",
            "activation_function": config.activation_function in _GPT2_ACTIVATIONS,
            "layer_norm_epsilon": config.layer_norm_epsilon == 1e-5,
            "n_inner": config.n_inner in (None, 4 * config.n_embd),
            "tie_word_embeddings": config.tie_word_embeddings,
            "scale_attn_weights": config.scale_attn_weights and not config.scale_attn_by_inverse_layer_idx,
        }.items()
        if not fits
    ]
    if strange:
        raise refuse("origin_no_gpt2", field, path=str(place), settings=", ".join(strange))
    if not (place / MODEL).is_file():
        raise refuse("origin_without_weights", field, path=str(place))
    _head(place / MODEL)
    plan = Plan(
        vocab_size=config.vocab_size,
        n_layer=config.n_layer,
        n_head=config.n_head,
        n_embd=config.n_embd,
        context_length=config.n_positions,
        bias=True,
        batch_size=1,
        activation=_GPT2_ACTIVATIONS[config.activation_function],  # type: ignore[arg-type]
    )
    return Origin("gpt2", place / MODEL, "", plan, "bpe", config.vocab_size)


def _head(path: Path) -> tuple[dict[str, str], dict[str, list[int]]]:
    """A weights file's metadata and its tensors' shapes. Raises ValueError where the file is cut or is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            sizes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (no mapping)
            return file.metadata() or {}, sizes
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    detail = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    return detail.splitlines()[0]
