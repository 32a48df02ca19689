"""Real trainings in which a danger must be seen, and healthy ones in which none may be; each kept as its evidence.

`evidence_of` folds a run's documents with as little as a rule needs, so that the rules are tried on what the engine
writes and not on what a screen makes of it.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import string
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import msgspec

from gpulab.analysis.dangers import Evidence, Finding, Happening, Points
from gpulab.comparisons.dangers import finding, standing
from gpulab.events.documents import AnyDocument, Examined, Notice, RunEnded, RunResumed, RunStarted, Sample
from gpulab.spec.decode import decode
from gpulab.spec.experiment import Experiment
from gpulab.techniques import REGISTRY
from gpulab.text.corpora import read_corpus
from gpulab.text.documents import joined

_IMPORTED = ["gpulab.engine.worker", "torch._dynamo", "torchao.quantization"]


class Scenario(msgspec.Struct, frozen=True):
    """One kind of training: the rule that must be `raised` (none where it is healthy), tables, a `text` of its own,
    written with `ending`."""

    raised: str
    table: Mapping[str, Any]
    text: Callable[[], str] | None = None
    ending: str = ".txt"


def evidence_of(documents: Iterable[AnyDocument]) -> Evidence:
    """What a rule may look at once these documents are read; superseded samples are left out."""
    series: dict[str, dict[int, float | None]] = {}
    happenings: list[Happening] = []
    findings: list[Finding] = []
    started: RunStarted | None = None
    ended: RunEnded | None = None
    step = 0
    for document in documents:
        match document:
            case RunStarted():
                started = document
            case RunResumed(from_step=step):
                series = {key: {at: v for at, v in each.items() if at <= step} for key, each in series.items()}
                findings = standing(findings, step)
                ended = None
            case Sample(step=step, values=values):
                for key, value in values.items():
                    series.setdefault(key, {})[step] = value
            case Notice():
                happenings.append(Happening(document.key, document.step, document.arguments))
            case Examined():
                findings.append(finding(document))
            case RunEnded():
                ended = document
            case _:
                pass
    assert started is not None
    return Evidence(
        step=step,
        steps=started.steps,
        settings=started.experiment,
        series={key: Points(tuple(each), tuple(each.values())) for key, each in series.items()},
        happenings=tuple(happenings),
        findings=tuple(findings),
        summary=ended.summary if ended else {},
        status=ended.status if ended else "",
        reason=ended.reason if ended else "",
        vocab_size=started.vocab_size,
        training_tokens=started.training_tokens,
        device=started.device_name,
    )


def experiment_of(name: str, seed: int, folder: Path) -> Experiment:
    """The experiment of scenario `name`: preset nano on one thread, and what the scenario changes."""
    scenario = SCENARIOS[name]
    table: dict[str, Any] = {
        "name": name,
        "model": {"n_layer": 2, "n_head": 2, "n_embd": 64, "context_length": 64},
        "evaluation": {"sample_length": 0, "windows": 32},
        "device": "cpu",
        "threads": 1,
        **scenario.table,
    }
    training = {"steps": 300, "eval_interval": 50, "checkpoint_interval": 10**8, "seed": seed}
    table["training"] = training | scenario.table.get("training", {})
    if scenario.text:
        path = folder / f"text{scenario.ending}"
        path.write_text(scenario.text(), encoding="utf-8")
        table["data"] = {"path": str(path)}
    return decode(table, REGISTRY)


def trained(name: str, seed: int) -> Evidence:
    """The evidence of scenario `name`, trained with `seed` the whole way of a real run."""
    from gpulab.engine.desk import Desk
    from gpulab.engine.worker import quieten, work
    from gpulab.runs import folder
    from gpulab.runs.follow import Follower

    quieten()
    with tempfile.TemporaryDirectory() as root:
        run_dir = folder.create(Path(root), experiment_of(name, seed, Path(root)))
        work(run_dir, Desk(run_dir))
        return evidence_of(Follower(run_dir).poll_all())


def trainings(
    asked: Sequence[tuple[str, int]], at_once: int, train: Callable[[str, int], Evidence] = trained
) -> Iterator[tuple[str, int, Evidence]]:
    """Trains each (scenario, seed) in a process of its own; yields each as soon as it ended."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    with ProcessPoolExecutor(at_once, mp_context=context, max_tasks_per_child=1) as pool:
        waiting = {pool.submit(train, name, seed): (name, seed) for name, seed in asked}
        try:
            for done in as_completed(waiting):
                yield (*waiting[done], done.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _pages(letters: int) -> str:
    return joined(read_corpus("shakespeare"))[:letters]


def _damaged() -> str:
    """A play of which three pages in a hundred are noise, as a broken scan leaves them."""
    chance = random.Random(0)
    pages = [joined(read_corpus("shakespeare"))[at : at + 1000] for at in range(0, 400_000, 1000)]
    for place in chance.sample(range(len(pages)), 3 * len(pages) // 100):
        pages[place] = "".join(chance.choices(string.printable[:95], k=1000))
    return "".join(pages)


def _copied() -> str:
    """Pages that come again at the end with a letter changed every 50 characters: no long span is the same."""
    pages = _pages(160_000)
    return pages + "".join("#" if place % 50 == 0 else letter for place, letter in enumerate(pages[:40_000]))


def _one_above_all() -> str:
    """A long document between four short ones, as lines of JSON."""
    pages = _pages(310_000)
    parts = [pages[:2_000], pages[2_000:4_000], pages[4_000:304_000], pages[304_000:307_000], pages[307_000:]]
    return "".join(f"{json.dumps({'text': part})}\n" for part in parts)


def _with(steps: int = 300, techniques: Mapping[str, Any] | None = None, **training: Any) -> dict[str, Any]:
    return {"training": {"steps": steps, **training}, "techniques": techniques or {}}


HEALTHY = "healthy"

SCENARIOS: dict[str, Scenario] = {
    HEALTHY: Scenario("", _with()),
    "overfitting": Scenario(
        "overfitting", _with(learning_rate=3e-3, optimizer="muon", eval_interval=25), lambda: _pages(4_000)
    ),
    "underfitting": Scenario("underfitting", _with(learning_rate=1e-6)),
    "divergence": Scenario("divergence", _with(learning_rate=10.0)),
    "too_hot": Scenario("hot_start", _with(steps=150, learning_rate=0.2)),
    "cut_short": Scenario("cut_short", _with(learning_rate=3e-5)),
    "asleep": Scenario(
        "asleep", _with(steps=100, techniques={"schedule": {"shape": "exponential", "final_factor": 1e-4}})
    ),
    "spikes": Scenario("spikes", _with(batch_size=1), _damaged),
    "steps_too_small": Scenario(
        "short_numbers", _with(steps=150, learning_rate=5e-5, techniques={"precision": {"mode": "bf16_pure"}})
    ),
    "two_bits": Scenario("rounded_away", _with(steps=150, techniques={"quantization": {"scheme": "int2_simulated"}})),
    "pruned_too_far": Scenario("collapse", _with(steps=150, techniques={"pruning": {"amount": 0.95}})),
    "batchnorm": Scenario("looks_ahead", _with(steps=60, techniques={"normalization": {"kind": "batchnorm"}})),
    "secrets": Scenario(
        "exposure",
        _with(learning_rate=3e-3, techniques={"canaries": {"secrets": 8, "repeats": 400}}),
        lambda: _pages(150_000),
    ),
    "recited": Scenario(
        "copying",
        _with(steps=600, learning_rate=3e-3, optimizer="muon")
        | {"evaluation": {"sample_length": 120, "windows": 32, "temperature": 0.5}},
        lambda: _pages(1_500),
    ),
    "leaked": Scenario("leaked_text", _with(steps=20), _copied),
    "lower_case": Scenario("lost_text", _with(steps=20, techniques={"lower_casing": {}})),
    "one_document": Scenario("one_document", _with(steps=20), _one_above_all, ".jsonl"),
}
