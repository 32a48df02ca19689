"""The techniques, in the order in which they apply; adding one is one new file and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpulab.hardware.machine import Machine
from gpulab.spec.experiment import Experiment
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.problem import BadInput, Problem
from gpulab.techniques.activation import Activation
from gpulab.techniques.allocator import Allocator
from gpulab.techniques.architecture import Architecture
from gpulab.techniques.attention import Attention
from gpulab.techniques.base import Technique
from gpulab.techniques.canaries import Canaries
from gpulab.techniques.compilation import Compilation
from gpulab.techniques.data_parallel import DataParallel
from gpulab.techniques.data_transfer import DataTransfer
from gpulab.techniques.deduplication import Deduplication
from gpulab.techniques.dropout import Dropout
from gpulab.techniques.early_stopping import EarlyStopping
from gpulab.techniques.ema import Ema
from gpulab.techniques.frozen_layers import FrozenLayers
from gpulab.techniques.gradient_checkpointing import GradientCheckpointing
from gpulab.techniques.gradient_clipping import GradientClipping
from gpulab.techniques.gradient_compression import GradientCompression
from gpulab.techniques.grouped_query_attention import GroupedQueryAttention
from gpulab.techniques.guarding import guarded
from gpulab.techniques.head_pruning import HeadPruning
from gpulab.techniques.header_stripping import HeaderStripping
from gpulab.techniques.kv_cache import KvCache
from gpulab.techniques.label_smoothing import LabelSmoothing
from gpulab.techniques.layer_pruning import LayerPruning
from gpulab.techniques.layer_sharing import LayerSharing
from gpulab.techniques.lower_casing import LowerCasing
from gpulab.techniques.neuron_pruning import NeuronPruning
from gpulab.techniques.normalization import Normalization
from gpulab.techniques.optimizer_kernel import OptimizerKernel
from gpulab.techniques.precision import Precision
from gpulab.techniques.pruning import Pruning
from gpulab.techniques.quantization import Quantization
from gpulab.techniques.schedule import Schedule
from gpulab.techniques.stochastic_depth import StochasticDepth
from gpulab.techniques.tensor_cores import tensor_core_doubts
from gpulab.techniques.token_dropout import TokenDropout
from gpulab.techniques.token_replacement import TokenReplacement
from gpulab.techniques.transfer import Transfer
from gpulab.techniques.unicode_normalization import UnicodeNormalization
from gpulab.techniques.weight_decay import WeightDecay
from gpulab.techniques.weight_tying import WeightTying
from gpulab.techniques.window_offsets import WindowOffsets
from gpulab.techniques.z_loss import ZLoss

TECHNIQUES: tuple[type[Technique], ...] = (
    Canaries,
    UnicodeNormalization,
    LowerCasing,
    HeaderStripping,
    Deduplication,
    Architecture,
    Normalization,
    Activation,
    Attention,
    WeightTying,
    LayerSharing,
    GroupedQueryAttention,
    Dropout,
    StochasticDepth,
    Transfer,
    FrozenLayers,
    WindowOffsets,
    TokenDropout,
    TokenReplacement,
    LabelSmoothing,
    ZLoss,
    WeightDecay,
    OptimizerKernel,
    GradientCheckpointing,
    DataTransfer,
    Allocator,
    Schedule,
    GradientClipping,
    Precision,
    DataParallel,
    GradientCompression,
    Compilation,
    Pruning,
    NeuronPruning,
    HeadPruning,
    LayerPruning,
    Quantization,
    Ema,
    EarlyStopping,
    KvCache,
)

BY_NAME = {technique.name: technique for technique in TECHNIQUES}

REGISTRY = {technique.name: technique.Settings for technique in TECHNIQUES}
"""What `gpulab.spec` needs to know of the techniques to read an experiment."""


def chosen(experiment: Experiment) -> list[Technique]:
    """The techniques that `experiment` switches on, in the order in which they apply."""
    return [BY_NAME[name](experiment.techniques[name]) for name in BY_NAME if name in experiment.techniques]


def plan_of(experiment: Experiment, vocab_size: int) -> Plan:
    """The shapes that follow from `experiment` and all its techniques."""
    plan = reference_plan(experiment, vocab_size)
    for technique in chosen(experiment):
        plan = guarded(technique, "edit_plan")(plan)
    return plan


def fit(experiment: Experiment, machine: Machine) -> Experiment:
    """`experiment` itself if it can run on `machine`. Raises BadInput with every reason why it cannot."""
    found = list(problems(experiment, machine))
    if found:
        raise BadInput(*found)
    return experiment


def problems(experiment: Experiment, machine: Machine) -> Iterator[Problem]:
    """Why `experiment` cannot run on `machine`: the device, techniques' needs, their rules, their conflicts."""
    if experiment.device != "auto" and experiment.device not in machine.devices:
        if machine.unused_gpu:
            yield Problem("torch_without_cuda", "device", {"gpu": machine.unused_gpu})
            return
        yield Problem("no_such_device", "device", {"device": experiment.device, "devices": ", ".join(machine.devices)})
        return
    for name, settings in experiment.techniques.items():
        technique = BY_NAME[name]
        for setting, choice, problem in unusable(technique, machine, machine.resolved(experiment.device)):
            if not setting:
                yield Problem(problem.key, f"techniques.{name}", problem.arguments)
            elif getattr(settings, setting) == choice:
                yield Problem(problem.key, f"techniques.{name}.{setting}", problem.arguments)
        yield from technique.limits(settings, machine, machine.resolved(experiment.device))
        yield from technique.rules(settings, experiment)
        yield from _conflicts(technique, experiment)


def unusable(technique: type[Technique], machine: Machine, device: str) -> Iterator[tuple[str, str, Problem]]:
    """Each (setting, choice) of `technique` that cannot be used on `device`, with the reason.

    Both are empty where nothing of it can be used.
    """
    for need in technique.requires:
        if problem := need(machine, device):
            yield "", "", problem
    yield from _answers(technique.needs, machine, device)


def cautions(technique: type[Technique], machine: Machine, device: str) -> Iterator[tuple[str, str, Problem]]:
    """Each (setting, choice) of `technique` that works on `device` but cannot pay there, with the reason."""
    yield from _answers(technique.cautions, machine, device)


def doubts(experiment: Experiment, machine: Machine) -> Iterator[Problem]:
    """What of `experiment` works on `machine` but cannot pay there, beside the cautions of single choices."""
    device = machine.resolved(experiment.device)
    for technique in chosen(experiment):
        yield from technique.doubts(technique.settings, machine, device)
    yield from tensor_core_doubts(experiment, machine)


def _answers(needs: object, machine: Machine, device: str) -> Iterator[tuple[str, str, Problem]]:
    assert isinstance(needs, dict)
    for setting, choices in needs.items():
        for choice, need in choices.items():
            if problem := need(machine, device):
                yield setting, choice, problem


def _conflicts(technique: type[Technique], experiment: Experiment) -> Iterator[Problem]:
    for other, reason in technique.conflicts.items():
        if other in experiment.techniques:
            arguments = {
                "technique": technique.label,
                "other": BY_NAME[other].label,
                "reason": reason,
            }
            yield Problem("techniques_conflict", f"techniques.{technique.name}", arguments)


def selection(names: Sequence[str]) -> list[type[Technique]]:
    """The techniques called `names`, in the order in which they apply."""
    return [BY_NAME[name] for name in BY_NAME if name in names]
