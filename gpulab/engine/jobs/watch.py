"""Lets a finished model write many short texts and counts words of a list in them; another model may write beside it.

The same is counted in the text that the model learned from, where that can still be read: whether a model writes a word
more often than it read it is another question than how often it writes it.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

from gpulab.analysis import word_rates
from gpulab.analysis.intervals import Interval
from gpulab.analysis.pair_gaps import surely
from gpulab.analysis.resampled import Pieces
from gpulab.engine.build import prepare_text
from gpulab.engine.generation import NotFinite, generate
from gpulab.engine.jobs.finished import Finished, opened
from gpulab.engine.jobs.workplace import Workplace
from gpulab.engine.layers.cache import Cache
from gpulab.events.documents import Notice, Suggestion, Trial
from gpulab.spec.experiment import Experiment
from gpulab.spec.jobs import Watch
from gpulab.spec.problem import Argument, BadInput
from gpulab.text.word_list import WordList, read_words, word_count

_SHOWN = 5
_KEPT = 400  # characters of each text: enough to see what kind of text it is
_WORD = "word "
_SIDES: tuple[word_rates.Side, ...] = ("model", "beside")


def planned(settings: Watch) -> int:
    """A trial for each text, for the training texts, and for what comes of them."""
    return (settings.texts + 2) * (2 if settings.beside else 1)


def measure(place: Workplace, settings: Watch) -> None:
    """Notes hits and words of each text that is written, the models in turn, then of the texts they learned from."""
    words = read_words(settings.words)
    models = {"model": opened(settings.run, settings.part, "run", place.device)}
    if settings.beside:
        models["beside"] = opened(settings.beside, settings.beside_part, "beside", place.device)
    for number, (side, model) in itertools.product(range(settings.texts), models.items()):
        try:
            text = _written(place, model, settings, number)
        except NotFinite:
            place.say(Notice(key="model_cannot_write", arguments={"model": "A" if side == "model" else "B"}))
            text = ""
        _note(place, words, text, {"what": "text", "side": side, "text": text[:_KEPT]})
    for side, model in models.items():
        place.check()
        if (training := _training_text(model)) is not None:
            _note(place, words, training, {"what": "training", "side": side})
    for one in _SIDES:
        if sum((written := word_rates.pieces_of(place.trials, one)).of):
            rate = word_rates.rate(written)
            place.note({"per_thousand_words": rate.value}, {"what": "rate", "side": one})


def _written(place: Workplace, model: Finished, settings: Watch, number: int) -> str:
    """What `model` writes on after the prompt; each number draws another text, the same again for the same seed."""
    prompt = model.read(settings.prompt, "prompt")
    prompt = prompt if len(prompt) else model.beginning
    plan = model.model.plan
    cache = Cache(plan, plan.kv_cache == "int8") if plan.architecture == "gpt" else None
    shape = (settings.length, plan.context_length)
    tokens = generate(
        model.model, prompt, *shape, settings.temperature, settings.seed, number, check=place.check, cache=cache
    )
    return model.tokenizer.decode(tokens.cpu().numpy())


def _training_text(model: Finished) -> str | None:
    try:
        text = prepare_text(model.experiment, model.tokenizer)
    except BadInput:  # a person's own file may be gone by now
        return None
    return text.tokenizer.decode(text.train)


def _note(place: Workplace, words: WordList, text: str, names: dict[str, str]) -> None:
    hits = words.hits(text)
    values = {"hits": float(hits.total()), "words": float(word_count(text))}
    place.note(values | {_WORD + word: float(count) for word, count in hits.items()}, names)


def suggest(trials: Sequence[Trial], experiment: Experiment, settings: Watch) -> list[Suggestion]:
    """How often words of the list come up, against the other model, against what was read, and which of them."""
    own, beside = (word_rates.pieces_of(trials, side) for side in ("model", "beside"))
    if not sum(own.of):
        return [Suggestion(key="watch_nothing_written")] if trials else []
    rate = word_rates.rate(own)
    arguments: dict[str, Argument] = {"words": f"{sum(own.of):,.0f}", "texts": len(own.of), **_told(rate)}
    key = "watch_none" if not rate.value else "watch_rate" if math.isfinite(rate.low) else "watch_few"
    told = [Suggestion(key=key, arguments=arguments)]
    if sum(beside.of):
        told.append(_against(own, beside))
    told += _learned_from(trials, rate)
    if hits := _hits(trials).most_common(_SHOWN):
        told.append(Suggestion(key="watch_which", arguments={"words": ", ".join(f"{word} {n}" for word, n in hits)}))
    return told


def _against(own: Pieces, beside: Pieces) -> Suggestion:
    more = word_rates.more(own, beside)
    sure = "watch_more" if more.value > 0 else "watch_fewer"
    key = sure if surely(more) else "watch_unsure" if math.isfinite(more.low) else "watch_beside"
    other = word_rates.rate(beside)
    return Suggestion(key=key, arguments={"other": f"{other.value:.3g}", **_told(more, signed=True)})


def _learned_from(trials: Sequence[Trial], rate: Interval) -> list[Suggestion]:
    read = [one.values for one in trials if one.names["what"] == "training" and one.names["side"] == "model"]
    if not read or not read[0]["words"]:
        return []
    there = word_rates.PER * (read[0]["hits"] or 0.0) / read[0]["words"]
    known = "watch_as_read" if rate.low <= there <= rate.high else "watch_not_as_read"
    key = known if math.isfinite(rate.low) else "watch_read"
    return [Suggestion(key=key, arguments={"there": f"{there:.3g}", "value": f"{rate.value:.3g}"})]


def _hits(trials: Sequence[Trial]) -> Counter[str]:
    """How often the model wrote each word of the list."""
    found: Counter[str] = Counter()
    for trial in trials:
        if trial.names["what"] == "text" and trial.names["side"] == "model":
            counts = {key: value for key, value in trial.values.items() if key.startswith(_WORD)}
            found.update({key.removeprefix(_WORD): round(count or 0) for key, count in counts.items()})
    return +found  # without those that never came up


def _told(interval: Interval, signed: bool = False) -> dict[str, Argument]:
    sign = "+" if signed else ""
    return {name: f"{getattr(interval, name):{sign}.3g}" for name in ("value", "low", "high")}
