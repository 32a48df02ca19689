"""A GPU that is no faster than the processor beside it: for a model this small it mostly waits for orders."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Severity, Try
from gpulab.analysis.dangers.evidence import Evidence

_NEARLY = 1.5
_LARGEST_BATCH = 65536


def _look(evidence: Evidence) -> Danger | None:
    found = evidence.found("processor")
    here, there = evidence.summary.get("tokens_per_s"), found[-1].values.get("tokens_per_s") if found else None
    if not isinstance(here, int | float) or not there or here <= 0.0 or here > _NEARLY * there:
        return None
    figures = {"gpu": round(here), "processor": round(there), "times": round(here / there, 2)}
    slower = here < there
    severity: Severity = "warning" if slower else "info"
    return Danger(
        "gpu_slower" if slower else "gpu_hardly_faster", severity, 0, figures, "tokens_per_s", _tries(evidence)
    )


def _tries(evidence: Evidence) -> tuple[Try, ...]:
    on_processor = Try("try_processor", {"device": "cpu"})
    batch = evidence.setting("training.batch_size")
    if not isinstance(batch, int) or 4 * batch > _LARGEST_BATCH:
        return (on_processor,)
    return (Try("try_larger_batch", {"training.batch_size": 4 * batch}, {"batch": 4 * batch}), on_processor)


GPU_FOR_NOTHING = Detector(
    name="gpu_for_nothing",
    label="A GPU for nothing",
    measured="The training's tokens per second on the GPU beside those of a few forward and backward passes of the "
    "same model and batch on this computer's processor, made at the end where the model is small.",
    threshold="Less than 1.5 times as fast; slower is a warning.",
    why="Each operation is an order to the GPU that takes microseconds to give, however little it computes. The "
    "processor's figure leaves out its optimizer step, so the limit for a warning is where even that is faster. The "
    "limit of 1.5 is our own.",
    source="He: Making Deep Learning Go Brrrr From First Principles (2022), https://horace.io/brrr_intro.html "
    "(overhead)",
    look=_look,
)
