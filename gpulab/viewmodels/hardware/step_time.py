"""Where the time of a profiled step went: phases, operators, kernels, and what that means, as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from gpulab.analysis.numerals import NONE
from gpulab.analysis.usual_step import UsualStep, usual_step
from gpulab.events.profile import PHASES, Profile
from gpulab.viewmodels.hardware.bars import Bar, Slice, percent
from gpulab.viewmodels.hardware.roofline import Said

MOST_OPERATORS = 20
_MUCH = 0.2  # of a step: worth a word
_LONGEST = 40  # letters of an operator's name

PHASE_WORDS: dict[str, tuple[str, str]] = {
    "data": ("Data", "Drawing the batch and bringing it to the device."),
    "forward": ("Forward", "The model reads the batch and guesses; the loss says how wrong it was."),
    "backward": ("Backward", "Working out for each weight which way would make the loss smaller."),
    "optimizer": ("Optimizer", "Changing the weights."),
    "communication": ("Communication", "Processes that train together tell each other their gradients."),
    "evaluation": ("Evaluation", "A step's share of the looks at held-out text."),
    "other": ("Other", "Work between the phases: logging, techniques, keeping books."),
    "idle": ("Idle", "Nothing computed: the device waited to be told what to do, or for data."),
}

_KINDS = (
    (r"scaled_dot_product|flash|attention|fmha", "attention"),
    (r"gemm|xmma|cutlass|::(add|b|ba)?mm|linear|_int_mm|MmBackward|wgmma|matmul", "products of matrices"),
    (r"adam|sgd|foreach|lion|muon", "optimizer"),
    (r"layer_norm|rms_norm|batch_norm", "normalization"),
    (r"gelu|relu|silu|sigmoid|tanh", "activation function"),
    (r"embedding", "looking up tokens"),
    (r"softmax|nll_loss|cross_entropy", "loss"),
    (r"copy|memcpy|clone|contiguous|_to_copy", "copying"),
    (r"memset|zero|fill", "filling with one value"),
    (r"::empty|::resize|malloc", "asking for memory"),
    (r"::cat|::stack|::split", "joining and parting"),
    (r"nccl|gloo|all_reduce|allreduce", "communication"),
    (r"autograd engine", "bookkeeping of the backward pass"),
    (r"triton|graph_\d|cpp_fused|inductor|CompiledFx", "fused kernel"),
    (r"dropout|bernoulli|random", "chance"),
    (r"reduce|::sum|::mean|norm|::max|::abs", "adding up"),
    (r"elementwise|vectorized|::(add|mul|div|sub|pow|sqrt|neg|where)", "number by number"),
)


class OperatorRow(msgspec.Struct, frozen=True):
    """One operator or kernel. `kind` says in English what it does, empty where nobody knows; `reach` (0 to 1) is how
    long its bar is beside the longest."""

    name: str
    full_name: str
    kind: str
    figure: str
    calls: str
    share: str
    reach: float


class Fact(msgspec.Struct, frozen=True):
    """A figure with its `label` and `help` in English; `beside` is what it was before, or empty."""

    label: str
    figure: str
    help: str
    beside: str = ""


class StepTime(msgspec.Struct, frozen=True):
    """Everything the tab shows of a profile. `bars` are as set, then with nothing fused where that was profiled."""

    bars: tuple[Bar, ...]
    operators: tuple[OperatorRow, ...]
    on_device: bool
    facts: tuple[Fact, ...]
    said: tuple[Said, ...]


_COUNTED = {
    "device_kernels": (
        "Kernels a step",
        "Programs that the GPU is told to run one after the other. Each costs a start.",
    ),
    "operators": ("Operators a step", "Operators that compute something themselves."),
    "operators_and_fused_kernels": (
        "Operators a step",
        "Operators that compute something themselves, and kernels that were generated.",
    ),
}


def step_time(profile: Profile, plain: Profile | None = None) -> StepTime:
    """What `profile` says, beside the same experiment with nothing fused (`plain`), at the speed without a profiler."""
    usual = _usual(profile)
    bars = [_bar("As set" if plain else "One step", usual)]
    if plain is not None:
        bars.append(_bar("Nothing fused", _usual(plain)))
    longest = max((one.seconds for one in profile.operators), default=0.0)
    rows = tuple(
        OperatorRow(
            name=short_name(one.name),
            full_name=one.name,
            kind=kind_of(one.name),
            figure=milliseconds(one.seconds * usual.factor),
            calls=f"{one.calls:.3g}",
            share=percent(one.share),
            reach=one.seconds / longest if longest else 0.0,
        )
        for one in profile.operators[:MOST_OPERATORS]
    )
    on_device = any(one.on_device for one in profile.operators)
    return StepTime(tuple(bars), rows, on_device, tuple(_facts(profile, plain)), tuple(_said(profile, plain)))


def _usual(profile: Profile) -> UsualStep:
    return usual_step(profile.phases, profile.usual_seconds, any(one.on_device for one in profile.operators))


def milliseconds(seconds: float) -> str:
    """Three digits: 10.9 ms."""
    return f"{1e3 * seconds:.3g} ms"


def kind_of(name: str) -> str:
    """What an operator or kernel does, by its name; empty where the name does not tell."""
    return next((kind for pattern, kind in _KINDS if re.search(pattern, name, re.IGNORECASE)), "")


def short_name(name: str) -> str:
    """Without the library's prefix and a template's brackets; of a long one the beginning and the end."""
    bare = re.sub(r"^(void |aten::|at::native::)+", "", name)
    bare = re.split(r"[<(]", bare, maxsplit=1)[0].strip("_ ") or name
    half = _LONGEST // 2
    return bare if len(bare) <= _LONGEST else f"{bare[:half]}…{bare[1 - half :]}"


def _bar(label: str, usual: UsualStep) -> Bar:
    step_s = sum(usual.phases.values())
    whole = step_s or 1.0
    slices = tuple(
        Slice(name, *PHASE_WORDS.get(name, (name, "")), seconds, milliseconds(seconds), percent(seconds / whole))
        for name in (*PHASES, *(name for name in usual.phases if name not in PHASES))
        if (seconds := usual.phases.get(name, 0.0)) > 0.0
    )
    return Bar(label, milliseconds(step_s), slices)


def _facts(profile: Profile, plain: Profile | None) -> Iterator[Fact]:
    label, help_ = _COUNTED[profile.counted]
    before = f"{plain.kernels_per_step:.0f}" if plain and plain.counted == profile.counted else ""
    yield Fact(label, f"{profile.kernels_per_step:.0f}", help_, before)
    if profile.tensor_core_share is not None:
        tip = "The share of the kernels' time in which tensor cores multiply, by the kernels' names."
        yield Fact("On tensor cores", percent(profile.tensor_core_share), tip)
    tip = "What one step took before the profiler slowed it down, without looks at held-out text."
    before = milliseconds(plain.usual_seconds) if plain and plain.usual_seconds else ""
    yield Fact("Usual step", milliseconds(profile.usual_seconds) if profile.usual_seconds else NONE, tip, before)
    tip = "The profiler slows steps down, and by how much differs. The bars are scaled to the usual step."
    before = milliseconds(plain.step_seconds) if plain else ""
    yield Fact("With the profiler", milliseconds(profile.step_seconds), tip, before)
    yield Fact("Steps profiled", f"{profile.steps}", "Figures are those of one step, on average.")


def _where(phase: str, profile: Profile) -> str:
    """A GPU is idle because its kernels are started late; a processor because somebody else has it."""
    return "idle_processor" if phase == "idle" and profile.device == "cpu" else phase


def _said(profile: Profile, plain: Profile | None) -> Iterator[Said]:
    usual = _usual(profile).phases
    step_s = sum(usual.values())
    whole = step_s or 1.0
    phases = {name: seconds / whole for name, seconds in usual.items()}
    longest = max(phases, key=lambda name: phases[name], default="")
    if longest:
        step_ms = float(f"{1e3 * step_s:.3g}")
        yield f"profile_most_{_where(longest, profile)}", {"percent": round(100 * phases[longest]), "step_ms": step_ms}
    for name in ("idle", "data", "communication"):
        if name != longest and phases.get(name, 0.0) > _MUCH:
            yield f"profile_much_{_where(name, profile)}", {"percent": round(100 * phases[name])}
    if profile.usual_seconds:
        yield "profile_scaled", {}
    if plain is not None and plain.counted == profile.counted:
        key = "profile_fused_kernels" if profile.counted == "device_kernels" else "profile_fused_operators"
        yield key, {"before": round(plain.kernels_per_step), "after": round(profile.kernels_per_step)}
    if profile.tensor_core_share is not None and profile.tensor_core_share < _MUCH:
        yield "profile_few_tensor_cores", {"percent": round(100 * profile.tensor_core_share)}
