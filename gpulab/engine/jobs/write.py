"""One or two models write on from the same words, a token each in turn, and each is timed on its own.

Taking turns lets a slow moment of the machine hit both. The chance of both is drawn from the same stream on the
processor, so that two models which guess alike write alike. Weights compute as they are stored, without autocast.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from itertools import zip_longest
from typing import Literal

from gpulab.engine.desk import Stopped
from gpulab.engine.generation import NotFinite, Writer
from gpulab.engine.jobs.finished import Finished, opened
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.layers.cache import Cache
from gpulab.engine.randomness import torch_stream
from gpulab.engine.sampling import Sampling
from gpulab.engine.size import forward_peak_bytes, parameter_count, weight_bytes
from gpulab.events.documents import Notice, Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Write
from gpulab.text.streaming import Stream

_EVERY_S = 0.1  # two models, so at most 20 pieces a second
_MODELS = ("a", "b")
_WARM_UP_TOKENS = 3

Ended = Literal["length", "not_finite", "stopped"]


def planned(settings: Write) -> int:
    """Nobody knows how many pieces there will be."""
    return 0


def measure(place: Workplace, settings: Write) -> None:
    """Streams what the models write, as `Voice` tells it."""
    asked = [(settings.run_a, settings.part_a, "run_a"), (settings.run_b, settings.part_b, "run_b")]
    models = [opened(run, part, field, place.device) for run, part, field in asked if run]
    voices = [Voice(place, name, model, settings) for name, model in zip(_MODELS, models, strict=False)]
    try:
        for turn in range(settings.length):
            for voice in voices if turn % 2 == 0 else voices[::-1]:  # whoever comes first reads a colder memory
                place.check()
                voice.go_on()
    except Stopped:
        for voice in voices:
            voice.finish("stopped")
        raise
    for voice in voices:
        voice.finish("length")


class Voice:
    """One model that writes. Its trials: `opened`, then a `text` for each piece, then `written`."""

    def __init__(self, place: Workplace, name: str, model: Finished, settings: Write) -> None:
        self._place, self._name, self._model = place, name, model
        prompt = model.read(settings.prompt, "prompt")
        self._say_of_prompt(len(prompt))
        prompt = prompt if len(prompt) else model.beginning
        plan = model.model.plan
        can_keep = plan.architecture == "gpt"
        if settings.cache and not can_keep:
            self._say("cache_not_possible")
        self._stream = Stream(model.tokenizer)
        self._weights = weight_bytes(model.model)
        self._beside = forward_peak_bytes(model.model, prompt[None, -plan.context_length :], nullcontext)

        def writer() -> Writer:
            cache = Cache(plan, plan.kv_cache == "int8") if settings.cache and can_keep else None
            sampling = Sampling(settings.temperature, settings.top_k, settings.top_p)
            return Writer(
                model.model, prompt, plan.context_length, sampling, torch_stream(settings.seed, "sampling", 0), cache
            )

        _warm_up(writer())
        self._writer = writer()
        self._tokens, self._seconds, self._first_s = 0, 0.0, 0.0
        self._piece, self._told_at, self._is_over = "", -math.inf, False
        self._tell_opened(settings.part_a if name == "a" else settings.part_b, len(prompt))

    def go_on(self) -> None:
        """Writes one token, and tells what stands there where that is due."""
        if self._is_over:
            return
        began = time.perf_counter()
        try:
            token = int(self._writer.next())  # which waits for the device
        except NotFinite:
            self._say("model_cannot_write")
            self.finish("not_finite")
            return
        now = time.perf_counter()
        self._seconds += now - began
        self._first_s = self._first_s or self._seconds
        self._tokens += 1
        self._piece += self._stream.add([token])
        if self._piece and now - self._told_at >= _EVERY_S:
            self._tell_piece()
            self._told_at = now

    def finish(self, ended: Ended) -> None:
        """Tells what is left, then how it went."""
        if self._is_over:
            return
        self._is_over = True
        self._piece += self._stream.rest()
        if self._piece:
            self._tell_piece()
        self._place.note(self._figures(), {"what": "written", "model": self._name, "ended": ended})

    def _tell_piece(self) -> None:
        self._place.note(self._figures(), {"what": "text", "model": self._name, "text": self._piece})
        self._piece = ""

    def _figures(self) -> dict[str, float]:
        later_s = self._seconds - self._first_s
        kept = self._writer.cache.nbytes if self._writer.cache is not None else 0
        return {
            "tokens": float(self._tokens),
            "seconds": self._seconds,
            "first_token_s": self._first_s if self._tokens else math.nan,
            "tokens_per_s": (self._tokens - 1) / later_s if self._tokens > 1 and later_s > 0 else math.nan,
            "memory_bytes": float(self._weights + self._beside + kept),
        }

    def _tell_opened(self, part: str, prompt_tokens: int) -> None:
        model, path = self._model.model, self._model.path
        values = {
            "parameters": parameter_count(model),
            "model_bytes": path.stat().st_size,
            "weight_bytes": self._weights,
            "context_length": model.plan.context_length,
            "vocab_size": model.plan.vocab_size,
            "prompt_tokens": prompt_tokens,
            "cached": self._writer.cache is not None,
        }
        names = {"what": "opened", "model": self._name, "part": part, "file": path.name}
        self._place.note({key: float(value) for key, value in values.items()}, names)

    def _say_of_prompt(self, tokens: int) -> None:
        context = self._model.model.plan.context_length
        if not tokens:
            self._say("prompt_empty")
        elif tokens > context:
            self._say("prompt_beyond_context", tokens=tokens, context=context)

    def _say(self, key: str, **arguments: int) -> None:
        self._place.say(Notice(key=key, arguments={"model": self._name.upper(), **arguments}))


def _warm_up(writer: Writer) -> None:
    """Writes a little that nobody sees: what is made only once must not make the first token slow."""
    with suppress(NotFinite):
        for _ in range(_WARM_UP_TOKENS):
            writer.next()


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Write) -> list[Suggestion]:
    """Where the two texts part."""
    if not settings.run_b:
        return []
    one, other = (written(trials, name) for name in _MODELS)
    parted = next((at for at, pair in enumerate(zip_longest(one, other)) if pair[0] != pair[1]), len(one))
    is_equal = parted == min(len(one), len(other))
    return [Suggestion(key="texts_equal" if is_equal else "texts_differ", arguments={"same": parted})]


def written(trials: Sequence[Trial], model: str) -> str:
    """All that `model` ("a", "b") has written."""
    mine = [trial.names for trial in trials if trial.names.get("model") == model]
    return "".join(names["text"] for names in mine if names["what"] == "text")
