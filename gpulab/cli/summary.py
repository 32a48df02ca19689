"""How a run ended: in words for a person, as one object for a script, as an exit status for both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gpulab.analysis.dangers.watch import Raised, Watch
from gpulab.analysis.figures import share
from gpulab.analysis.numerals import si
from gpulab.analysis.saying import Saying
from gpulab.cli.output import figure, give, give_json, say_bad_input, size
from gpulab.cli.watching import Watched
from gpulab.comparisons.dangers import commentary_in, dangers_in
from gpulab.events.documents import Notice
from gpulab.spec.problem import Problem
from gpulab.words import sentence

FAILED, BAD_INPUT = 1, 2

_LATEST = ("val_loss", "val_bits_per_byte", "tokens_per_s")
_ALWAYS = (*_LATEST, "test_bits_per_byte", "peak_memory_bytes")


def finish(watched: Watched, as_json: bool) -> int:
    """Puts out how the run ended; returns the exit status."""
    digest = watched.digest
    if "field" in digest.arguments:  # what only the worker could find, such as a damaged checkpoint
        arguments = dict(digest.arguments)
        problem = Problem(digest.reason, str(arguments.pop("field")), arguments)
        say_bad_input([problem], as_json)
        return BAD_INPUT
    if watched.problem:
        say_bad_input([watched.problem], as_json=False)
    summary = summary_of(watched)
    if as_json:
        give_json(summary)
    else:
        give(_in_words(summary))
    return 0 if digest.status in ("done", "stopped") else FAILED


def summary_of(watched: Watched) -> dict[str, Any]:
    """The figures of the run that `--json` prints; what was not measured is null."""
    digest, seen = watched.digest, dangers_in(watched.run_dir)
    figures: dict[str, Any] = {key: digest.values.get(key) for key in _ALWAYS}
    return {
        "status": digest.status or "vanished",
        "steps": digest.step,
        "parameters": digest.parameters,
        **figures,
        **({"wire_bytes": sent} if (sent := digest.values.get("wire_bytes")) is not None else {}),
        **digest.summary,
        "run_dir": str(watched.run_dir),
        "reason": digest.reason,
        "sentence": sentence(digest.reason, digest.arguments) if digest.reason else "",
        "notices": [_notice(notice) for notice in (*watched.notices, *_failed(seen))],
        "commentary": [_told(one) for one in commentary_in(watched.run_dir)],
        "dangers": [_danger(one) for one in seen.raised],
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "key": notice.key,
        "severity": notice.severity,
        "step": notice.step,
        "arguments": dict(notice.arguments),
        "sentence": sentence(notice.key, notice.arguments),
    }


def _failed(seen: Watch) -> Iterator[Notice]:
    """Rules about dangers that failed, each by its name."""
    for off in seen.switched_off:
        yield Notice(key="detector_failed", arguments={"names": off.detector.label, "error": off.error})


def _told(one: Saying) -> dict[str, Any]:
    return {"key": one.key, "arguments": dict(one.arguments), "sentence": sentence(one.key, one.arguments)}


def _danger(one: Raised) -> dict[str, Any]:
    danger, detector = one.danger, one.detector
    return {
        "name": detector.name,
        "key": danger.key,
        "severity": danger.severity,
        "step": danger.step,
        "series": danger.series,
        "arguments": dict(danger.arguments),
        "sentence": sentence(danger.key, danger.arguments),
        "tries": [
            {"changes": dict(each.changes), "sentence": sentence(each.key, each.arguments)} for each in danger.tries
        ],
    }


_SEVERITIES = {"info": "Note", "warning": "Warning", "danger": "Danger"}

_HEADLINES = {"done": "Done", "stopped": "Stopped", "failed": "Failed", "vanished": "Broke off"}

_FIGURES = {
    "val_loss": "validation loss",
    "test_bits_per_byte": "bits per byte on test text",
    "tokens_per_s": "training tokens per second",
    "inference_tokens_per_s": "inference tokens per second",
    "cached_tokens_per_s": "inference tokens per second, with the cache",
    "prefill_tokens_per_s": "prompt tokens read per second",
    "cached_prefill_tokens_per_s": "prompt tokens read per second, into the cache",
    "first_token_s": "seconds to the first token",
    "cached_first_token_s": "seconds to the first token, with the cache",
    "forward_tokens_per_s": "tokens read per second, a batch at a time",
    "parameters": "parameters",
}
_SIZES = {
    "model_bytes": "model",
    "inference_bytes": "memory to read a batch",
    "cache_bytes": "cache of a full context",
    "peak_memory_bytes": "peak memory",
    "wire_bytes": "gradients sent by each worker in a step",
}


def _in_words(summary: dict[str, Any]) -> str:
    lines = [f"{_HEADLINES[summary['status']]} after {summary['steps']:,} steps. {summary['sentence']}".rstrip()]
    lines += _lines(summary, "")
    if (speed := summary.get("flops_per_s")) is not None:
        lines.append(f"  arithmetic: {', '.join(_arithmetic(speed, summary))}")
    if (joules := summary.get("energy_joules")) is not None and (source := summary.get("energy_source")):
        lines.append(f"  energy of training: {si(joules, 'J')}, {sentence(f'energy_by_{source}', {})}")
    if not summary.get("comparable", True):
        lost = f"{100 * summary.get('lost_share', 0.0):.2g}"
        lines.append(f"  {sentence('held_out_text_changed', {'percent': lost})}")
    if compressed := summary.get("compressed"):
        lines += _lines(compressed, "compressed: ")
    if told := summary.get("commentary"):
        lines += ["  What happened:", *(f"    {one['sentence']}" for one in told)]
    lines += [line for one in summary.get("dangers", ()) for line in _danger_in_words(one)]
    return "\n".join([*lines, f"  folder: {summary['run_dir']}"])


def _danger_in_words(one: dict[str, Any]) -> Iterator[str]:
    since = f", since step {one['step']:,}" if one["step"] else ""
    yield f"  {_SEVERITIES[one['severity']]}{since}: {one['sentence']}"
    for each in one["tries"]:
        yield f"    try: {each['sentence']}"


def _lines(figures: dict[str, Any], prefix: str) -> list[str]:
    shown = {label: figure(figures[key]) for key, label in _FIGURES.items() if figures.get(key) is not None}
    shown |= {label: size(figures[key]) for key, label in _SIZES.items() if figures.get(key)}
    return [f"  {prefix}{label}: {value}" for label, value in shown.items()]


def _arithmetic(flops_per_s: float, summary: dict[str, Any]) -> Iterator[str]:
    yield f"{si(flops_per_s)} operations a second ({summary.get('compute_type', '')})"
    for key, what in (("ceiling_share", "of the measured ceiling"), ("mfu", "of the datasheet's peak (MFU)")):
        if (reached := summary.get(key)) is not None:
            yield f"{share(reached)} {what}"
