"""A storm of recompilations: what was compiled no longer fits, again and again, until it is given up."""

from __future__ import annotations

from gpulab.analysis.dangers.danger import Danger, Detector, Try
from gpulab.analysis.dangers.evidence import Evidence

_MANY, _GIVEN_UP = 3, 8


def _look(evidence: Evidence) -> Danger | None:
    known = evidence.points("recompiles").known
    first = next(((step, times) for step, times in known if times >= _MANY), None)
    if first is None:
        return None
    times = round(max(times for _, times in known))
    plain = (Try("try_no_compilation", {"techniques.compilation": False}),)
    key = "recompiled_given_up" if times >= _GIVEN_UP else "recompiled"
    return Danger(key, "warning", first[0], {"times": times}, "recompiles", plain)


RECOMPILING = Detector(
    name="recompiling",
    label="Compiled again and again",
    measured="How often one worker compiled again what it had compiled before.",
    threshold="3 times or more.",
    why="A training of fixed shapes is compiled once before its first step; a second time can make one shape variable. "
    "After 8 times PyTorch gives up and computes uncompiled (torch._dynamo.config.recompile_limit).",
    source="PyTorch: Dealing with Recompilations, "
    "https://docs.pytorch.org/docs/stable/compile/programming_model.recompilation.html",
    look=_look,
)
