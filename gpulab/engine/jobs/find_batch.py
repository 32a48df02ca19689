"""The largest batch that fits, and the smallest that is about as fast as any: found by really training on each.

Every batch is tried in a process of its own (`gpulab.engine.jobs.attempt`), which may use a share of the memory that
is free now and is ended where it wants more: the machine is never brought down to find out. Batches double until one
does not fit, takes too long, or is the largest allowed; then the gap is halved until it is an eighth of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpulab.engine.jobs.attempts import Attempts, Outcome
from gpulab.engine.jobs.workplace import Workplace, with_training
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.estimates import estimate
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import FindBatch
from gpulab.techniques import plan_of

AS_FAST = 0.95
"""Throughput from this share of the best on counts as about as fast."""

_HOPELESS = 2.0  # times the memory there is: what the estimate puts beyond is not tried
_FINE_ENOUGH = 8


def planned(settings: FindBatch) -> int:
    """Nobody knows before: it depends on where the memory ends."""
    return 0


def measure(place: Workplace, settings: FindBatch) -> None:
    """Notes throughput (tokens per second), peak memory and outcome of each batch."""
    vocab_size = place.text.tokenizer.vocab_size
    with Attempts(place, settings) as attempts:
        while (batch := next_batch(place.trials, settings.largest)) is not None:
            place.check()
            experiment = with_training(place.experiment, batch_size=batch)
            plan = plan_of(experiment, vocab_size)
            needed = estimate(plan, experiment.training.optimizer, place.device.type == "cuda").peak_bytes
            if needed > _HOPELESS * attempts.budget_bytes:
                outcome = Outcome("too_big_by_estimate")
            else:
                outcome = attempts.train(batch)
            if outcome.name == "fits" and outcome.step_s > settings.patience_s:
                outcome = Outcome("too_slow", outcome.tokens_per_s, outcome.peak_bytes, outcome.step_s)
            measured = {
                "tokens_per_s": outcome.tokens_per_s,
                "peak_bytes": float(outcome.peak_bytes),
                "step_s": outcome.step_s,
            }
            known = {key: value for key, value in measured.items() if value}
            place.note({"batch_size": float(batch), **known}, {"outcome": outcome.name})


def next_batch(trials: Sequence[Trial], largest: int) -> int | None:
    """What to try after `trials`; None where the largest batch is known closely enough."""
    fitting = [_batch(trial) for trial in trials if trial.names["outcome"] == "fits"]
    failing = [_batch(trial) for trial in trials if trial.names["outcome"] != "fits"]
    low, high = max(fitting, default=0), min(failing, default=None)
    if high is None:
        return None if low >= largest else min(2 * low, largest) or 1
    if any(trial.names["outcome"] == "too_slow" for trial in trials):
        return None  # how long one waits for a step is no sharp limit
    return (low + high) // 2 if high - low > max(1, low // _FINE_ENOUGH) else None


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: FindBatch) -> list[Suggestion]:
    """First the smallest batch that is about as fast as any, then the largest that fits."""
    fitting = [trial for trial in trials if trial.names["outcome"] == "fits"]
    if not fitting:
        return [Suggestion(key="batch_none_fits")] if trials else []
    largest = max(fitting, key=_batch)
    best = max(_speed(trial) for trial in fitting)
    brisk = min((trial for trial in fitting if _speed(trial) >= AS_FAST * best), key=_batch)
    how = _limit(trials, largest, settings)
    if brisk is largest:
        return [_taking(f"batch_brisk_and_{how}", largest)]
    return [_taking("batch_brisk", brisk), _taking(f"batch_{how}", largest)]


def _limit(trials: Sequence[Trial], largest: Trial, settings: FindBatch) -> str:
    """What kept the batch from growing: memory, patience, the settings, or the person who stopped the job."""
    failed = {trial.names["outcome"] for trial in trials} - {"fits"}
    if failed:
        return "too_slow_beyond" if "too_slow" in failed else "largest"
    return "largest_tried" if _batch(largest) >= settings.largest else "largest_so_far"


def _taking(key: str, trial: Trial) -> Suggestion:
    batch, peak = _batch(trial), trial.values.get("peak_bytes") or 0.0
    arguments = {"batch": batch, "tokens_per_s": round(_speed(trial)), "megabytes": round(peak / 1e6)}
    return Suggestion(key=key, arguments=arguments, changes={"training.batch_size": batch})


def _batch(trial: Trial) -> int:
    return int(trial.values["batch_size"] or 0)


def _speed(trial: Trial) -> float:
    return trial.values.get("tokens_per_s") or 0.0
