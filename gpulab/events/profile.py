"""What a profile says: where the time of a few steps went, and what stood in memory meanwhile; read by what shows it.

A run keeps each of its profiles as `profiles/step-000120.json`, the trace for Perfetto or chrome://tracing beside it.
A job keeps `profiles/as_set.json` and, where something is fused, `profiles/plain.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from gpulab.spec.problem import refuse

FOLDER = "profiles"
FORMAT = 1
AS_SET, PLAIN = "as_set", "plain"
"""What a job calls its profiles: of the experiment as it is set, and of the same with nothing fused."""

TRACE_SUFFIX = ".trace.json.gz"

PHASES = ("data", "forward", "backward", "optimizer", "communication", "evaluation", "other", "idle")
"""Where time can go. `other` is work between the phases; `idle` is the processor's or the device's time without any."""

PARTS = ("parameters", "gradients", "optimizer", "activations", "workspace")
"""What memory is for. `workspace` is all that is neither of the others: intermediate results, copies of techniques."""

Counted = Literal["device_kernels", "operators", "operators_and_fused_kernels"]
"""What `kernels_per_step` counts: kernels that a GPU ran; on a processor operators that call no other, and with them
the kernels that were generated where the model was compiled."""


class Operator(msgspec.Struct, frozen=True):
    """One operator, or kernel where `on_device`: its own seconds and calls in a step, its share of all of them."""

    name: str
    seconds: float
    calls: float
    share: float
    on_device: bool = False


class MemoryMoment(msgspec.Struct, frozen=True):
    """Bytes of tensors at an instant, `seconds` after the step began; `moment` is the phase it falls into.

    The parts add up to `total`. `reserved` is what torch holds of a GPU, the unused between tensors included.
    """

    moment: str
    seconds: float
    parameters: int
    gradients: int
    optimizer: int
    activations: int
    workspace: int
    total: int
    reserved: int | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """`steps` steps that began after step `at_step`. Whatever counts or times says it for one step, in seconds.

    `phases` add up to `step_seconds`; `usual_seconds` is what a step took before the profiler slowed it down.
    `operators` come longest first; `memory` holds the fullest instant of each phase, `course` the last step from its
    start to its end, and `peak` names the fullest phase. `predicted` has the same parts by the estimate.
    """

    at_step: int
    steps: int
    device: str
    step_seconds: float
    phases: Mapping[str, float]
    operators: tuple[Operator, ...]
    kernels_per_step: float
    counted: Counted
    memory: tuple[MemoryMoment, ...]
    peak: str
    predicted: Mapping[str, int]
    course: tuple[MemoryMoment, ...] = ()
    tensor_core_share: float | None = None
    usual_seconds: float | None = None
    compiled: bool = False
    format: int = FORMAT

    @property
    def at_peak(self) -> MemoryMoment | None:
        """The fullest instant of all; None where memory was not seen."""
        return max(self.memory, key=lambda moment: moment.total, default=None)


def encode(profile: Profile) -> bytes:
    """What the file of `profile` says."""
    return msgspec.json.format(msgspec.json.encode(profile))


def load_profile(path: Path) -> Profile:
    """The profile in the file at `path`. Raises BadInput where it cannot be read or is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Profile)
    except OSError as error:
        raise refuse("profile_unreadable", path=str(path), detail=error.strerror or str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("profile_unreadable", path=str(path), detail=str(error)) from error


def trace_of(path: Path) -> Path:
    """Where the trace of the profile at `path` lies."""
    return path.with_name(path.stem + TRACE_SUFFIX)
