"""How far can I go? One trained model is compressed more and more, each time from the whole model again.

Judged on validation text, because the answer chooses something: the test text is for verdicts alone.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec
import torch

from gpulab.analysis.dose_trials import sweep_of
from gpulab.analysis.doses import sayings
from gpulab.engine.evaluation import Exam, make_exam, take_exam
from gpulab.engine.inference import forward_tokens_per_s
from gpulab.engine.jobs.finished import Finished, opened
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.model import GPT
from gpulab.engine.model_file import save_model
from gpulab.engine.state import TrainingState
from gpulab.events.documents import Suggestion, Trial
from gpulab.hardware.machine import this_machine
from gpulab.runs.files import not_writable
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Doses
from gpulab.techniques.doses import LADDERS, Dose, compression, dosed, doses
from gpulab.techniques.guarding import guarded

_BATCH = 16
_DRAFT = "dose.safetensors"


def planned(settings: Doses) -> int:
    """The doses and the whole model; how many layers can go depends on the run, which is not read yet."""
    named = dict.fromkeys(settings.values.replace(",", " ").split())
    ladder = LADDERS[dosed(settings.technique)]
    return 0 if ladder.of_model and not named else 1 + len(named or ladder.values)


def measure(place: Workplace, settings: Doses) -> None:
    """Notes quality, bytes and reading speed of the whole model, then with each dose."""
    found = opened(settings.run, "trained", "run", place.device)
    wanted = doses(found.experiment, settings.technique, settings.setting, settings.values, this_machine())
    text = place.text_with(found.tokenizer)
    original = text.original_share("validation")
    context_length = found.model.plan.context_length
    exam = make_exam(text.validation, found.tokenizer, context_length, _BATCH, settings.windows, original)
    whole = take_exam(found.model, exam, place.device, nullcontext, place.check).bits_per_byte
    speed = forward_tokens_per_s({"whole": found.model}, _batch(exam, place.device), nullcontext, place.check)["whole"]
    values = {"dose": math.nan, "bits_per_byte": whole, "change": 0.0, "model_bytes": float(found.path.stat().st_size)}
    place.note({**values, "tokens_per_s": speed, "speed": 1.0}, {"dose": "", "label": ""})
    for dose in wanted:
        state = TrainingState(dose.experiment, found.model.plan, place.device, found.model, lambda document: None)
        state.step, state.training_tokens = state.steps, text.train
        model = guarded(compression(dose), "compress")(copy.deepcopy(found.model), state)
        place.note(_figures(place, found, model, exam, whole, dose), {"dose": str(dose.value), "label": dose.words})


def _figures(place: Workplace, found: Finished, model: GPT, exam: Exam, whole: float, dose: Dose) -> dict[str, float]:
    reads = {"whole": found.model, "dosed": model}
    speeds = forward_tokens_per_s(reads, _batch(exam, place.device), nullcontext, place.check)
    bits_per_byte = take_exam(model, exam, place.device, nullcontext, place.check).bits_per_byte
    return {
        "dose": dose.amount,
        "bits_per_byte": bits_per_byte,
        "change": bits_per_byte / whole - 1.0,
        "model_bytes": float(_size(model, place.folder)),
        "tokens_per_s": speeds["dosed"],
        "speed": speeds["dosed"] / speeds["whole"],
    }


def _batch(exam: Exam, device: torch.device) -> torch.Tensor:
    return exam.windows[0][: exam.batch_size].to(device)


def _size(model: GPT, folder: Path) -> int:
    """Bytes of the model's file, which is not kept."""
    draft = folder / _DRAFT
    try:
        return save_model(model, draft)
    except OSError as error:
        raise not_writable(folder, error) from error
    finally:
        draft.unlink(missing_ok=True)


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Doses) -> list[Suggestion]:
    """The last dose that costs nothing that counts, and the cliff."""
    sweep = sweep_of((trial.values["dose"], trial.values["change"]) for trial in trials)
    if sweep is None:
        return []
    ladder = LADDERS[dosed(settings.technique)]
    own = settings.setting in ("", ladder.setting)
    said = sayings(sweep, ladder.label if own else settings.setting, ladder.unit if own else "")
    return [Suggestion(key=each.key, arguments=msgspec.to_builtins(each.arguments)) for each in said]
