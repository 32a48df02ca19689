"""The sensitivity scan of a finished run: which part of which block bears how much compression."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gpulab.engine.evaluation import make_exam
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.model_file import load_model
from gpulab.engine.sensitivity import BITS, SHARES, sensitivity
from gpulab.events.documents import Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Scan
from gpulab.spec.problem import Argument, refuse
from gpulab.text.earlier import tokenizer_in

_BATCH = 16
_LITTLE = 0.01
"""A part bears what costs at most this share of the bits per byte."""


def planned(settings: Scan) -> int:
    """It depends on the model, which is not read yet."""
    return 0


def measure(place: Workplace, settings: Scan) -> None:
    """Notes the bits per byte of validation text with one part of one block made worse, and how much more that is."""
    run_dir = Path(settings.run)
    tokenizer = tokenizer_in(run_dir)
    model = load_model(run_dir / "model.safetensors").to(place.device)
    if model.plan.architecture != "gpt":
        raise refuse("scan_needs_a_gpt", "run", path=str(run_dir))
    text = place.text_with(tokenizer)
    original = text.original_share("validation")
    exam = make_exam(text.validation, tokenizer, model.plan.context_length, _BATCH, settings.windows, original)
    shares = SHARES if settings.harm != "rounding" else ()
    bits = BITS if settings.harm != "pruning" else ()
    for found in sensitivity(model, exam, place.device, shares, bits, check=place.check):
        values = {"block": float(found.block), "amount": found.amount}
        values |= {"bits_per_byte": found.bits_per_byte, "change": found.change}
        place.note(values, {"part": found.part, "way": found.way})


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Scan) -> list[Suggestion]:
    """The part that bears least and the one that bears most, and what every part bears when it stands alone."""
    found: list[Suggestion] = []
    for way, key in (("share", "scan_pruning"), ("bits", "scan_rounding")):
        readings = [trial for trial in trials if trial.names["way"] == way and trial.values["change"] is not None]
        if not readings:
            continue
        worst = max({trial.values["amount"] or 0.0 for trial in readings}, key=lambda amount: _harm(way, amount))
        at_worst = sorted((t for t in readings if t.values["amount"] == worst), key=lambda t: t.values["change"] or 0.0)
        arguments: dict[str, Argument] = {
            "least": _name(at_worst[-1]),
            "most": _name(at_worst[0]),
            "amount": _said(way, worst),
            "cost": round(at_worst[-1].values["change"] or 0.0, 3),
            "little_cost": round(at_worst[0].values["change"] or 0.0, 3),
            "borne": _borne(readings, way),
        }
        found.append(Suggestion(key=key, arguments=arguments))
    return found


def _borne(readings: Sequence[Trial], way: str) -> str:
    """The largest amount up to which no part alone costs more than a little."""
    borne = ""
    for amount in sorted({trial.values["amount"] or 0.0 for trial in readings}, key=lambda a: _harm(way, a)):
        here = [trial for trial in readings if trial.values["amount"] == amount]
        if any(_costs(trial) > _LITTLE for trial in here):
            break
        borne = _said(way, amount)
    return borne or "none of these amounts"


def _costs(trial: Trial) -> float:
    """The change as a share of the bits per byte of the whole model."""
    change, now = trial.values["change"] or 0.0, trial.values["bits_per_byte"] or 0.0
    return change / max(now - change, 1e-9)


def _harm(way: str, amount: float) -> float:
    return amount if way == "share" else -amount


def _said(way: str, amount: float) -> str:
    return f"{amount:.0%}".replace("%", " %") if way == "share" else f"{amount:.0f} bits"


def _name(trial: Trial) -> str:
    part = {"attention": "attention", "mlp": "MLP"}[trial.names["part"]]
    return f"the {part} of block {int(trial.values['block'] or 0) + 1}"
