"""From what a run said to what a comparison sees of it: one place that decides which figures of a run count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpulab.analysis.metrics import METRICS, figures_of, is_number, model_of
from gpulab.analysis.observations import Observation, State
from gpulab.runs.digest import Digest
from gpulab.runs.state import RunState
from gpulab.spec.comparison import Arm
from gpulab.spec.experiment import Experiment

_STATES: Mapping[RunState, State] = {
    "queued": "waiting",
    "starting": "running",
    "running": "running",
    "paused": "running",
    "done": "done",
    "stopped": "stopped",
    "failed": "failed",
    "vanished": "vanished",
}
_QUALITY = "test_bits_per_byte"


def observed(
    arm: Arm,
    seed: int,
    experiment: Experiment,
    run: str,
    digest: Digest,
    state: RunState,
    unfair: str = "",
    trained: Digest | None = None,
) -> Observation:
    """What `arm` sees of the run named `run`, which trained `experiment` but for its seed and rate.

    A run whose numbers were not finite is `diverged`, be it the trained model's or the compressed one's that `arm`
    reads. What the training took stands in `trained` where another run did it.
    """
    summary = {**digest.summary, **_of_training(trained.summary)} if trained else digest.summary
    found = _STATES[state]
    part = model_of(summary, arm.part)
    if digest.reason == "diverged" or (found == "done" and _QUALITY in part and part[_QUALITY] is None):
        found = "diverged"
    return Observation(
        arm=arm.key,
        seed=seed,
        state=found,
        run=run,
        figures=figures_of(summary, arm.part) if found == "done" else {},
        corpus=corpus_of(experiment),
        device=digest.device_name or digest.device,
        tokenizer=tokenizer_of(experiment),
        tokens=_tokens(summary, experiment, digest),
        comparable=bool(summary.get("comparable", True)),
        compressed=part is not summary,
        unfair=unfair,
        slices=_slices(part) if found == "done" else {},
    )


def _tokens(summary: Mapping[str, Any], experiment: Experiment, digest: Digest) -> int:
    """The tokens that a run was given to train on: stopping early is what a technique made of them."""
    if summary.get("ended_early_at"):
        return experiment.training.steps * experiment.tokens_per_step
    told = summary.get("tokens")
    return int(told) if told and is_number(told) else digest.tokens


def _of_training(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What a summary says of the training, and not of the model."""
    keys = ["tokens", *(metric.key for metric in METRICS if not metric.of_model)]
    return {key: summary.get(key) for key in keys}


def corpus_of(experiment: Experiment) -> str:
    """What names the text that `experiment` is judged on: the text, and how much of it is held out."""
    data = experiment.data
    return f"{data.path or data.corpus} ({data.validation_share:g}, {data.test_share:g})"


def tokenizer_of(experiment: Experiment) -> str:
    """What names the pieces that `experiment` cuts its text into."""
    data = experiment.data
    return f"{data.tokenizer} {data.vocabulary_size}" if data.tokenizer == "bpe" else data.tokenizer


def _slices(part: Mapping[str, Any]) -> dict[str, tuple[float, int]]:
    found = part.get("slices")
    parts = found.items() if isinstance(found, Mapping) else ()
    told = {name: (one.get("bits_per_byte"), one.get("bytes")) for name, one in parts if isinstance(one, Mapping)}
    return {name: (float(bits), int(of)) for name, (bits, of) in told.items() if is_number(bits) and is_number(of)}
