"""Looks into a finished model while it reads a text: the attention of every head, and what each layer would say next.

The attention goes into a file of the job's folder, `attention.safetensors`, because it grows with the square of the
text: one tensor a layer, `layer.0` and on, float16 (heads, time, time), who looks before what is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from gpulab.engine.jobs.finished import Finished, opened
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.model_file import write_tensors
from gpulab.engine.probes.looking_inside import Inside, look_inside
from gpulab.events.documents import ArtifactSaved, Notice, Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Attend
from gpulab.spec.problem import Argument, refuse
from gpulab.text.streaming import shown

FILE = "attention.safetensors"
_NEXT = 5


def planned(settings: Attend) -> int:
    """It depends on the prompt, which is not read yet."""
    return 0


def measure(place: Workplace, settings: Attend) -> None:
    """Notes each token, then the file, then for each layer how far it looks and what it would say next."""
    found = opened(settings.run, settings.part, "run", place.device)
    if found.model.plan.architecture != "gpt":
        raise refuse("attend_needs_a_gpt", "run", path=settings.run)
    tokens = _tokens(place, found, settings.prompt)
    for position, token in enumerate(tokens.tolist()):
        names = {"what": "token", "text": shown(found.tokenizer, token)}
        place.note({"position": float(position), "token": float(token)}, names)
    place.check()
    inside = look_inside(found.model, tokens)
    _keep(place, inside)
    for layer, weights in enumerate(inside.attention):
        values = {"layer": float(layer), "heads": float(len(weights)), "mean_distance": mean_distance(weights)}
        place.note(values, {"what": "layer"})
    for layer, guess in enumerate(inside.guesses):
        _note_next(place, found, layer, guess)


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Attend) -> list[Suggestion]:
    """Looking suggests nothing."""
    return []


def _tokens(place: Workplace, found: Finished, prompt: str) -> torch.Tensor:
    """The end of the prompt, as much of it as the model sees at a time."""
    tokens, context = found.read(prompt, "prompt"), found.model.plan.context_length
    if not len(tokens):
        raise refuse("prompt_missing", "prompt")  # the run's text edits left nothing of it
    if len(tokens) > context:
        arguments: dict[str, Argument] = {"model": "A", "tokens": len(tokens), "context": context}
        place.say(Notice(key="prompt_beyond_context", arguments=arguments))
    return tokens[-context:]


def _keep(place: Workplace, inside: Inside) -> None:
    path = place.folder / FILE
    tensors = {f"layer.{layer}": weights.half().cpu() for layer, weights in enumerate(inside.attention)}
    try:
        write_tensors(tensors, path)
    except OSError as error:
        raise refuse("folder_not_writable", path=str(place.folder), detail=error.strerror or str(error)) from error
    place.say(ArtifactSaved(kind="attention", path=FILE, step=0, bytes=path.stat().st_size))


def mean_distance(weights: torch.Tensor) -> float:
    """How many tokens back the heads look on average, from `weights` (heads, time, time)."""
    places = torch.arange(weights.shape[-1], device=weights.device, dtype=weights.dtype)
    return float((weights * (places[:, None] - places)).sum(-1).mean())


def _note_next(place: Workplace, found: Finished, layer: int, guess: torch.Tensor) -> None:
    """The likeliest tokens after `layer` layers, from their logits (vocabulary,)."""
    likely, tokens = guess.softmax(-1).topk(min(_NEXT, len(guess)))
    values, names = {"layer": float(layer)}, {"what": "next"}
    for number, (chance, token) in enumerate(zip(likely.tolist(), tokens.tolist(), strict=True), 1):
        values[str(number)], names[str(number)] = chance, shown(found.tokenizer, token)
    place.note(values, names)
