"""Architecture (B6): another kind of model of the same size under the same training, to see what attention is worth."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from gpulab.spec.block_shapes import Shape
from gpulab.spec.comparators import comparator_widths
from gpulab.spec.estimates import count_parameters
from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.parameters import block_shapes
from gpulab.spec.plan import Plan
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.float8 import MULTIPLE
from gpulab.techniques.shapes import shapes

if TYPE_CHECKING:
    from gpulab.engine.state import TrainingState

_NO_ATTENTION = "an LSTM or a CNN has no attention."
_FOR_A_GPT_ALONE = {
    "attention": _NO_ATTENTION,
    "grouped_query_attention": _NO_ATTENTION,
    "head_pruning": _NO_ATTENTION,
    "kv_cache": "an LSTM or a CNN has no attention, so there are no keys and values to keep.",
    "activation": "the gates of an LSTM or a CNN bring a bend of their own.",
    "neuron_pruning": "an LSTM or a CNN has none of a GPT's hidden layers.",
    "layer_pruning": "what a layer is worth is known for a GPT's branches alone.",
    "transfer": "the weights of another run are put into a GPT alone.",
    "frozen_layers": "what is frozen is what a GPT has learned before.",
}
"""What needs the inside of a GPT, and why."""

_WIDE_STEPS = ("int4", "float8")


class ArchitectureSettings(Settings, frozen=True):
    kind: Annotated[
        Literal["gpt", "lstm", "cnn"],
        about(
            "Architecture",
            "A GPT is the reference: every token looks at all earlier ones at once. An LSTM reads one after the other "
            "and carries a memory along. A causal CNN takes few tokens together, in each layer three times as far "
            "apart. Both get as many layers and parameters as the GPT would have, and its embedding and head.",
            labels={"gpt": "GPT", "lstm": "LSTM", "cnn": "Causal CNN"},
        ),
    ] = "lstm"


class Architecture(Technique):
    name = "architecture"
    card = "B6"
    label = "Architecture"
    summary = "Trains an LSTM or a causal CNN with as many parameters in the GPT's place."
    promise = "The right tool for the text: a comparator of equal size shows what attention buys, and what it costs."
    risk = (
        "The wrong tool: an LSTM cannot work on all positions at once and must squeeze the past into a memory of fixed "
        "size; a CNN of few layers sees only a short way back: 3 tokens with one layer, 9 with two, 81 with four."
    )
    sources = (
        "Hochreiter, Schmidhuber: Long Short-Term Memory (1997), Neural Computation 9(8)",
        "Wu et al.: Google's Neural Machine Translation System (2016), arXiv:1609.08144 (residual LSTM layers)",
        "Dauphin et al.: Language Modeling with Gated Convolutional Networks (2016), arXiv:1612.08083",
        "van den Oord et al.: WaveNet (2016), arXiv:1609.03499 (dilated causal convolutions)",
        "Vaswani et al.: Attention Is All You Need (2017), arXiv:1706.03762",
    )
    Settings = ArchitectureSettings

    @classmethod
    def rules(cls, settings: ArchitectureSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.kind == "gpt":
            return
        from gpulab.techniques import BY_NAME  # which lists this technique

        field, techniques = "techniques.architecture.kind", experiment.techniques
        kind = {"lstm": "LSTM", "cnn": "causal CNN"}[settings.kind]
        for name, reason in _FOR_A_GPT_ALONE.items():
            if name in techniques:
                arguments = {"technique": kind, "other": BY_NAME[name].label, "reason": reason}
                yield Problem("techniques_conflict", field, arguments)
        quantization = techniques.get("quantization")
        if getattr(quantization, "scheme", "") in _WIDE_STEPS:
            yield Problem("comparator_widths_fit_no_kernel", field, {"kind": kind})
        if getattr(quantization, "layers", "") in ("mlp", "attention"):
            yield Problem("comparator_has_no_such_layers", field, {"kind": kind})
        if getattr(techniques.get("pruning"), "kernels", "") == "sparse":
            yield Problem("comparator_widths_fit_no_kernel", field, {"kind": kind})
        if getattr(techniques.get("precision"), "mode", "").startswith("float8"):
            linears = _linears(shapes(experiment))
            if not any(all(width % MULTIPLE == 0 for width in shape) for shape in linears):
                yield Problem("comparator_widths_not_float8", field, {"kind": kind, "multiple": MULTIPLE})

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, architecture=self.settings.kind)

    def edit_model(self, state: TrainingState) -> None:
        """Says how large it is, and what of it other techniques do not reach."""
        if self.settings.kind == "gpt":
            return
        plan, techniques = state.plan, state.experiment.techniques
        gpt = count_parameters(msgspec.structs.replace(plan, architecture="gpt"))
        key = f"{self.settings.kind}_stands_in"
        state.notify(key, parameters=f"{count_parameters(plan):,}", gpt=f"{gpt:,}", width=max(comparator_widths(plan)))
        if self.settings.kind == "lstm":
            if {"pruning", "quantization"} & set(techniques):
                state.notify("lstm_compressed_in_part", percent=f"{100 * _reached(plan):.0f}")
            if getattr(techniques.get("precision"), "mode", "") == "fp16" and state.device.type == "cpu":
                state.notify("lstm_in_fp32")


def _reached(plan: Plan) -> float:
    """The share of the blocks' weights that stand in linear layers, where pruning and rounding find them."""
    matrices = [shape for block in range(plan.n_block) for shape in block_shapes(plan, block).values()]
    return sum(map(prod, _linears(plan))) / sum(prod(shape) for shape in matrices if len(shape) == 2)


def _linears(plan: Plan) -> list[Shape]:
    """The weights (out, in) of the blocks' linear layers."""
    every = [item for block in range(plan.n_block) for item in block_shapes(plan, block).items()]
    return [shape for name, shape in every if len(shape) == 2 and not name.startswith("lstm.")]
