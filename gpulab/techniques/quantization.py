"""Quantization (A3): stores each weight of the finished model in fewer bits; the training can get used to it before.

What happens to a linear layer stands in `gpulab.techniques.rounding`. Only the linear layers of the blocks are touched.
The embedding and the head keep their bits: tied as they are, rounding one would need a second copy for the other, and
be no smaller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any, Literal

from gpulab.spec.experiment import Experiment, Settings
from gpulab.spec.problem import Problem
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.ladder import Ladder
from gpulab.techniques.needs import compute_capability, slow_on_cpu
from gpulab.techniques.neuron_pruning import NeuronPruningSettings, neurons_left
from gpulab.techniques.rounding import MULTIPLES, as_if_stored, mend_rows_of_zeros, stored
from gpulab.techniques.shapes import odd_width, shapes

if TYPE_CHECKING:
    import torch

    from gpulab.engine.state import TrainingState


class QuantizationSettings(Settings, frozen=True):
    scheme: Annotated[
        Literal[
            "int8_weight_only", "int8_dynamic", "int4", "int4_simulated", "int2_simulated", "float8", "float8_simulated"
        ],
        about(
            "Scheme",
            "How many bits a weight keeps, and whether the arithmetic is done in as few. A simulation rounds the "
            "weights and computes in 32 bits: it shows what is lost. int4 and float8 turn the rest of the model to "
            "16 bits.",
            labels={
                "int8_weight_only": "Weights in 8 bits",
                "int8_dynamic": "Weights and arithmetic in 8 bits",
                "int4": "Weights in 4 bits",
                "int4_simulated": "4 bits (simulation, stored in 8)",
                "int2_simulated": "2 bits (simulation, stored in 8)",
                "float8": "Weights and arithmetic in float8",
                "float8_simulated": "Weights in float8 (simulation)",
            },
        ),
    ] = "int8_weight_only"
    layers: Annotated[
        Literal["all", "mlp", "attention", "inner"],
        about(
            "Layers",
            "Which linear layers of the blocks are rounded; embedding and output keep their bits. The first and the "
            "last block are often the most sensitive.",
            labels={
                "all": "All linear layers",
                "mlp": "Hidden layers only",
                "attention": "Attention only",
                "inner": "All but the first and the last block",
            },
        ),
    ] = "all"
    aware: Annotated[
        bool,
        about("Train for it", "Rounds the weights while they are still learning, so that they learn to bear it."),
    ] = False
    aware_from: Annotated[
        float,
        about(
            "Train for it from",
            "Where in the training the rounding sets in, as a share of the steps.",
            low=0.0,
            high=1.0,
            when=("aware", (True,)),
        ),
    ] = 0.5


class Quantization(Technique):
    name = "quantization"
    card = "A3"
    label = "Quantization"
    summary = "Stores each weight of the finished model in fewer bits."
    promise = "With 8 bits, about a quarter of the bytes, on disk and in memory."
    risk = "Rounding loses precision; without kernels made for it the smaller model can even be slower."
    sources = (
        "Jacob et al.: Quantization and Training of Neural Networks (2017), arXiv:1712.05877",
        "Dettmers et al.: LLM.int8() (2022), arXiv:2208.07339",
        "Bengio et al.: Propagating Gradients Through Stochastic Neurons (2013), arXiv:1308.3432 (straight through)",
    )
    Settings = QuantizationSettings
    ladder = Ladder(
        "scheme", ("int8_weight_only", "int4_simulated", "int2_simulated"), "The bits for each weight", "bits"
    )
    needs = {"scheme": {"int4": compute_capability(8, 0), "float8": compute_capability(8, 9)}}
    cautions = {
        "scheme": {
            "int8_weight_only": slow_on_cpu("int8_slow_uncompiled"),
            "int8_dynamic": slow_on_cpu("int8_slow_uncompiled"),
            "int4_simulated": lambda machine, device: Problem("bits_simulated"),
            "int2_simulated": lambda machine, device: Problem("bits_simulated"),
            "float8_simulated": lambda machine, device: Problem("float8_simulated"),
        }
    }

    def __init__(self, settings: QuantizationSettings) -> None:
        super().__init__(settings)
        self._rounders: list[Any] = []

    @classmethod
    def rules(cls, settings: QuantizationSettings, experiment: Experiment) -> Iterator[Problem]:
        if settings.scheme in MULTIPLES:
            yield from _kernel_rules(settings, experiment, MULTIPLES[settings.scheme])
        removed = getattr(experiment.techniques.get("layer_pruning"), "layers", 0)
        if settings.layers == "inner" and (blocks := shapes(experiment).n_block - removed) < 3:
            yield Problem("quantization_no_inner", "techniques.quantization.layers", {"blocks": blocks})

    def edit_model(self, state: TrainingState) -> None:
        if not self.settings.aware:
            return
        from torchao.quantization import quantize_
        from torchao.quantization.qat import QATConfig
        from torchao.quantization.qat.fake_quantizer import FakeQuantizerBase

        for name, layer in list(self._chosen(state.model)):
            activation, weight = as_if_stored(self.settings.scheme, layer)
            config = QATConfig(activation_config=activation, weight_config=weight, step="prepare")
            quantize_(state.model, config, lambda module, path, name=name: path == name)
        self._rounders = [module for module in state.model.modules() if isinstance(module, FakeQuantizerBase)]

    def forward_context(self, state: TrainingState) -> AbstractContextManager[object]:
        if not self._rounders:
            return nullcontext()
        return self._rounding(state.step >= self.settings.aware_from * state.steps)

    @contextmanager
    def _rounding(self, on: bool) -> Iterator[None]:
        for rounder in self._rounders:
            rounder.enabled = on
        yield
        self._forget_scales()

    def after_backward(self, state: TrainingState) -> None:
        self._forget_scales()  # those of layers that were worked out again for the gradient

    def _forget_scales(self) -> None:
        """They hang on the gradient's graph, and with one of those a model cannot be copied."""
        for rounder in self._rounders:
            rounder.scale = rounder.zero_point = None

    def before_export(self, model: torch.nn.Module) -> None:
        """Leaves plain linear layers with the weights as they were trained."""
        if not self.settings.aware:
            return
        from torchao.quantization import quantize_
        from torchao.quantization.qat import FakeQuantizedLinear, QATConfig

        quantize_(model, QATConfig(step="convert"), lambda module, path: isinstance(module, FakeQuantizedLinear))

    def only_compresses(self) -> bool:
        return not self.settings.aware

    def compress(self, model: torch.nn.Module, state: TrainingState) -> torch.nn.Module:
        from torchao.quantization import quantize_

        if self.settings.scheme in MULTIPLES:
            model.bfloat16()
        for name, layer in list(self._chosen(model)):
            quantize_(model, stored(self.settings.scheme, layer), lambda module, path, name=name: path == name)
            if self.settings.scheme.startswith("float8"):
                mend_rows_of_zeros(model.get_parameter(f"{name}.weight"))
        return model

    def _chosen(self, model: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Linear]]:
        """The linear layers that are rounded, by name. Raises ValueError where one has a width no kernel takes."""
        import torch

        last = len(model.blocks) - 1  # type: ignore[arg-type]
        multiple = MULTIPLES.get(self.settings.scheme, 1)
        for name, module in model.named_modules():
            if not isinstance(module, torch.nn.Linear) or not self._wants(name.split("."), last):
                continue
            if module.in_features % multiple or module.out_features % multiple:
                shape = f"{module.in_features} by {module.out_features}"
                raise ValueError(f"{name} is {shape}, and {self.settings.scheme} needs multiples of {multiple}")
            yield name, module

    def _wants(self, path: list[str], last: int) -> bool:
        if path[0] != "blocks":
            return False
        if self.settings.layers == "inner":
            return 0 < int(path[1]) < last
        return self.settings.layers == "all" or self.settings.layers in path


def _kernel_rules(settings: QuantizationSettings, experiment: Experiment, multiple: int) -> Iterator[Problem]:
    """What the kernel of the scheme cannot take, said before the training and not when it is over."""
    field, plan, techniques = "techniques.quantization.scheme", shapes(experiment), experiment.techniques
    if getattr(techniques.get("precision"), "mode", "") == "fp16":
        yield Problem("quantization_needs_bf16", field)
    if plan.n_embd % multiple:
        yield Problem("quantization_width", field, {"width": plan.n_embd, "multiple": multiple})
        return
    part = settings.layers if settings.layers in ("mlp", "attention") else ""
    if plan.architecture == "gpt" and (width := odd_width(plan, multiple, part)):
        yield Problem("quantization_width_inside", field, {"width": width, "multiple": multiple})
    pruning = techniques.get("neuron_pruning")
    left = neurons_left(plan.full_hidden, pruning) if isinstance(pruning, NeuronPruningSettings) else 0
    if part != "attention" and left % multiple:
        arguments = {"left": left, "multiple": multiple}
        yield Problem("quantization_neurons_left", "techniques.neuron_pruning.multiple", arguments)
    if part != "mlp" and "head_pruning" in techniques and plan.head_width % multiple:
        yield Problem("quantization_head_width", field, {"width": plan.head_width, "multiple": multiple})
