"""Transfer learning (B3): a training starts from what another one has learned, instead of from chance.

Weights mean something only in the shape, and for the tokens, that they were learned in. So shapes and pieces must be
the same here as there (every difference is named before anything runs), and the text is read with the tokenizer of the
model that is started from. Of learned positions a shorter context takes the first; nothing else is fitted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import BadInput, Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.origin import Origin, differences, read_origin
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState

FIELD = "techniques.transfer.start_from"


class TransferSettings(Settings, frozen=True):
    start_from: Annotated[
        str,
        about(
            "Start from",
            "The folder of an earlier run, or one with GPT-2's weights (config.json, model.safetensors, vocab.json and "
            "merges.txt). Its shape and its pieces must be those of this experiment.",
            leads_to="folder",
        ),
    ] = ""


class Transfer(Technique):
    name = "transfer"
    card = "B3"
    label = "Transfer"
    summary = "Starts from the weights of an earlier run or of GPT-2."
    promise = "A shorter training: much of what is needed is known already."
    risk = "What the earlier model learned wrong comes along, and a text unlike its own may gain nothing."
    sources = (
        "Yosinski et al.: How transferable are features in deep neural networks? (2014), arXiv:1411.1792",
        "Radford et al.: Language Models are Unsupervised Multitask Learners (2019), GPT-2",
    )
    Settings = TransferSettings

    @classmethod
    def rules(cls, settings: TransferSettings, experiment: Experiment) -> Iterator[Problem]:
        if not settings.start_from.strip():
            yield Problem("origin_not_named", FIELD)
            return
        try:
            origin = read_origin(settings.start_from, FIELD)
        except BadInput as refusal:
            yield from refusal.problems
            return
        plan = shapes(experiment, origin.plan.vocab_size)
        if found := list(differences(plan, experiment, origin)):
            yield Problem("origin_differs", FIELD, {"path": settings.start_from, "differences": "; ".join(found)})

    def starts_from(self) -> str:
        return str(self.settings.start_from)

    def edit_model(self, state: TrainingState) -> None:
        import torch

        tensors = earlier_weights(read_origin(self.settings.start_from, FIELD))
        own = state.model.state_dict()
        if strange := sorted(set(own) ^ set(tensors)):
            raise ValueError(f"its weights are not those of this model: {', '.join(strange[:3])}")
        with torch.no_grad():
            for name, value in own.items():
                earlier = tensors[name]
                if name == "position_embedding.weight":
                    earlier = earlier[: len(value)]
                if earlier.shape != value.shape:
                    raise ValueError(f"{name} is {tuple(value.shape)} here and {tuple(earlier.shape)} there")
                value.copy_(earlier)


def earlier_weights(origin: Origin) -> dict[str, torch.Tensor]:
    """The weights of `origin` by the names that they have in our model."""
    from safetensors.torch import load_file

    tensors = load_file(origin.weights)
    if origin.kind == "gpt2":
        return dict(_from_gpt2(tensors))
    return {
        name.removeprefix(origin.prefix): value for name, value in tensors.items() if name.startswith(origin.prefix)
    }


_GPT2_NAMES = {
    "wte.weight": "token_embedding.weight",
    "wpe.weight": "position_embedding.weight",
    "ln_f.": "final_norm.",
    "h.": "blocks.",
    ".ln_1.": ".attention_norm.",
    ".ln_2.": ".mlp_norm.",
    ".attn.c_attn.": ".attention.qkv.",
    ".attn.c_proj.": ".attention.projection.",
    ".mlp.c_fc.": ".mlp.expand.",
    ".mlp.c_proj.": ".mlp.projection.",
}


def _from_gpt2(tensors: dict[str, torch.Tensor]) -> Iterator[tuple[str, torch.Tensor]]:
    """GPT-2's tensors as Hugging Face names them. Its `Conv1D` keeps weights as (in, out), the other way round.

    `attn.bias` and `attn.masked_bias` are its causal mask, and `lm_head` is the token embedding once more.
    """
    for name, value in tensors.items():
        own = name.removeprefix("transformer.")
        if own.endswith((".attn.bias", ".attn.masked_bias")) or own == "lm_head.weight":
            continue
        for theirs, ours in _GPT2_NAMES.items():
            own = ours + own.removeprefix(theirs) if not theirs.startswith(".") and own.startswith(theirs) else own
            own = own.replace(theirs, ours) if theirs.startswith(".") else own
        turned = ".c_" in name and name.endswith(".weight")
        yield own, value.t() if turned else value
