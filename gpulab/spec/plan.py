"""The plan: the shapes that follow from an experiment, which the engine builds and the estimates count."""

from __future__ import annotations

from typing import Literal

import msgspec

from gpulab.spec.experiment import Experiment


class Plan(msgspec.Struct, frozen=True):
    """What the model will look like; techniques rewrite it in `edit_plan`, the defaults are the reference.

    `shared_layers` consecutive layers have one set of weights. `n_kv_head` 0 is as many key heads as query heads.
    `dropout` and `stochastic_depth` are probabilities; `recompute` says which blocks gradient checkpointing takes.
    `hidden_widths`, `head_counts` and `kv_head_counts` say what pruning has left of each block (one number for each of
    `n_block`); empty is all of it. `weight_copies` says how many 32-bit copies of the weights are kept besides.
    """

    vocab_size: int
    n_layer: int
    n_head: int
    n_embd: int
    context_length: int
    bias: bool
    batch_size: int
    normalization: Literal["layernorm", "rmsnorm", "batchnorm", "none"] = "layernorm"
    activation_bytes: int = 4
    norm_placement: Literal["pre", "post"] = "pre"
    activation: Literal["gelu", "gelu_tanh", "relu", "relu_squared", "silu", "swiglu", "geglu"] = "gelu"
    attention: Literal["fused", "naive"] = "fused"
    tied: bool = True
    shared_layers: int = 1
    n_kv_head: int = 0
    dropout: float = 0.0
    stochastic_depth: float = 0.0
    recompute: Literal["no_block", "every_second_block", "every_block"] = "no_block"
    hidden_widths: tuple[int, ...] = ()
    head_counts: tuple[int, ...] = ()
    kv_head_counts: tuple[int, ...] = ()
    window_offsets: Literal["random", "grid"] = "random"
    one_gradient_bucket: bool = False
    weight_bytes: int = 4
    weight_copies: int = 0
    optimizer_kernel: Literal["fused", "foreach", "for_loop"] = "fused"
    data_transfer: Literal["device", "pageable", "pinned"] = "device"
    architecture: Literal["gpt", "lstm", "cnn"] = "gpt"
    kv_cache: Literal["none", "full", "int8"] = "none"

    @property
    def head_width(self) -> int:
        """Numbers of one head; it stays when heads are taken away."""
        return self.n_embd // self.n_head

    @property
    def n_block(self) -> int:
        """Blocks with weights of their own; each serves `shared_layers` layers in a row."""
        return self.n_layer // self.shared_layers

    @property
    def gated(self) -> bool:
        return self.activation in ("swiglu", "geglu")

    @property
    def full_hidden(self) -> int:
        """The hidden width that nothing was taken away from.

        Four times the model's width; gated, where there are three matrices for two, 8/3 of it (Shazeer, 2020), to a
        whole number, or to a multiple of 8, which GPUs like, where that moves parameters by less than half a percent.
        """
        if not self.gated:
            return 4 * self.n_embd
        unit = 8 if self.n_embd >= 384 else 1
        return max(unit, unit * round(8 * self.n_embd / 3 / unit))

    def hidden(self, block: int) -> int:
        """The hidden width of block number `block`."""
        return self.hidden_widths[block] if self.hidden_widths else self.full_hidden

    def heads(self, block: int) -> int:
        """Query heads of block number `block`."""
        return self.head_counts[block] if self.head_counts else self.n_head

    def kv_heads(self, block: int) -> int:
        """Key and value heads of block number `block`: where nothing else is said, each serves as many queries."""
        if self.kv_head_counts:
            return self.kv_head_counts[block]
        shared_by = self.n_head // (self.n_kv_head or self.n_head)
        return self.heads(block) // max(1, shared_by)  # more than heads are refused, but estimates come before that

    def recomputes(self, layer: int) -> bool:
        """Whether layer number `layer` is worked out a second time for the gradient."""
        return self.recompute == "every_block" or (self.recompute == "every_second_block" and layer % 2 == 0)


def reference_plan(experiment: Experiment, vocab_size: int) -> Plan:
    """The plan of `experiment` before any technique has edited it."""
    model = experiment.model
    return Plan(
        vocab_size=vocab_size,
        n_layer=model.n_layer,
        n_head=model.n_head,
        n_embd=model.n_embd,
        context_length=model.context_length,
        bias=model.bias,
        batch_size=experiment.training.batch_size,
    )
