"""Before Run is pressed a person should know how big a training is, worked out without touching the training."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import msgspec

from gpulab.hardware.machine import Machine
from gpulab.resources import resource
from gpulab.spec.estimates import Estimate, estimate
from gpulab.spec.experiment import Data, Experiment
from gpulab.spec.plan import Plan, reference_plan
from gpulab.spec.presets import PRESETS, apply_preset

MeasuredSpeed = Callable[[Experiment], float | None]
"""Tokens per second that earlier runs of an experiment like this reached on this machine, or None."""

_BYTES = 256


def never_measured(experiment: Experiment) -> float | None:
    """The answer before any run was measured here."""
    return None


class Forecast(msgspec.Struct, frozen=True):
    """What a training will need. `seconds` is None where no run like it has been measured here."""

    estimate: Estimate
    tokens_per_step: int
    tokens: int
    seconds: float | None


class PresetChoice(msgspec.Struct, frozen=True):
    """A preset as the picker shows it. `fits`: its tensors have room on the device."""

    name: str
    purpose: str
    forecast: Forecast
    fits: bool


class _Bundled(msgspec.Struct):
    name: str
    vocabulary: int


def forecast(
    experiment: Experiment, vocab_size: int, speed: MeasuredSpeed = never_measured, device: str = "cpu"
) -> Forecast:
    """What training `experiment` on text of `vocab_size` different tokens will need on `device`, as it was resolved."""
    per_step = experiment.tokens_per_step
    tokens = per_step * experiment.training.steps
    tokens_per_s = speed(experiment)
    return Forecast(
        estimate=estimate(_plan(experiment, vocab_size), experiment.training.optimizer, on_gpu=device != "cpu"),
        tokens_per_step=per_step,
        tokens=tokens,
        seconds=tokens / tokens_per_s if tokens_per_s else None,
    )


def preset_choices(
    experiment: Experiment,
    vocab_size: int,
    memory_bytes: int,
    speed: MeasuredSpeed = never_measured,
    device: str = "cpu",
) -> tuple[PresetChoice, ...]:
    """Every preset, with what `experiment` would need in its shape on `device` with its `memory_bytes`."""
    choices = []
    for known in PRESETS.values():
        needed = forecast(apply_preset(experiment, known), vocab_size, speed, device)
        fits = needed.estimate.peak_bytes <= memory_bytes
        choices.append(PresetChoice(known.name, known.purpose, needed, fits))
    return tuple(choices)


def memory_of(machine: Machine, device: str) -> int:
    """Bytes of memory that a training on `device` finds here."""
    gpu = machine.gpu(device)
    return gpu.memory_bytes if gpu else machine.memory_bytes


def known_vocabulary(data: Data) -> int | None:
    """How many different tokens the text has, where that is known without reading it."""
    if data.tokenizer == "bytes":
        return _BYTES
    if data.tokenizer == "bpe":
        return data.vocabulary_size
    return None if data.path else _bundled()[data.corpus]


@functools.cache
def _bundled() -> Mapping[str, int]:
    """The vocabulary of each bundled text. `gpulab.text` knows it too, but brings more."""
    listed = msgspec.json.decode(resource("corpora", "index.json").read_bytes(), type=list[_Bundled])
    return {text.name: text.vocabulary for text in listed}


def _plan(experiment: Experiment, vocab_size: int) -> Plan:
    if not experiment.techniques:
        return reference_plan(experiment, vocab_size)
    from gpulab.techniques import plan_of  # the first paint must not wait for the techniques

    return plan_of(experiment, vocab_size)


def read_vocabulary(data: Data) -> int:
    """The same for any text, read in full where it must be: never call it where a person waits. Raises BadInput."""
    from gpulab.text.prepared import vocabulary_size  # brings numpy, which the form must not wait for
    from gpulab.text.reading import read_path

    if data.path and data.tokenizer != "characters":
        read_path(data.path)  # needs no counting, but must be text all the same
    return vocabulary_size(data.corpus, data.path, data.tokenizer, data.vocabulary_size)


def preset_label(name: str) -> str:
    """A preset's name as people write it: `gpt2-medium` becomes `GPT-2 medium`."""
    family, _, size = name.partition("-")
    return f"GPT-2 {size.upper() if size == 'xl' else size}".rstrip() if family == "gpt2" else f"GPT {name}"
