"""The same nano training again and again, each time with another seed: how figures scatter where nothing differs.

`python -m gpulab.bench.repeats FILE --runs 160 --steps 150` records that to a JSON file; the tests of
`gpulab.analysis.sequential` draw their noise from one. Every training forks from a process that has torch imported, so
that none pays for the import and each has memory of its own to measure. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import msgspec

from gpulab.analysis.metrics import figures_of
from gpulab.bench.report import MachineFacts, machine_facts
from gpulab.events.documents import RunEnded
from gpulab.runs import folder
from gpulab.runs.follow import Follower
from gpulab.spec.experiment import Experiment
from gpulab.spec.presets import experiment_from

_IMPORTED = ["gpulab.engine.worker", "torch._dynamo", "torchao.quantization"]
"""What every training imports sooner or later: two of its four seconds, spent once."""


class Repeat(msgspec.Struct, frozen=True):
    """The figures of the training with `seed`, by metric."""

    seed: int
    figures: dict[str, float]


class Noise(msgspec.Struct, frozen=True):
    """Repeats and where they come from: `at_once` trainings shared the machine. In the order in which they ended."""

    machine: MachineFacts
    date: str
    command: str
    at_once: int
    repeats: tuple[Repeat, ...]


def experiment(steps: int, seed: int) -> Experiment:
    """Preset nano on one thread, without the looks, texts and files between that would only take time."""
    nano = experiment_from("nano")
    training = msgspec.structs.replace(
        nano.training, steps=steps, seed=seed, eval_interval=steps, checkpoint_interval=10**8
    )
    evaluation = msgspec.structs.replace(nano.evaluation, sample_length=0)
    return msgspec.structs.replace(nano, training=training, evaluation=evaluation, device="cpu", threads=1)


def can_repeat() -> bool:
    """Whether this system can fork."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def repeats(seeds: Sequence[int], steps: int, at_once: int) -> Iterator[Repeat]:
    """Trains once for each seed, `at_once` at a time; yields each as soon as it ended.

    Raises RuntimeError where a training did not end as it should.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    with ProcessPoolExecutor(at_once, mp_context=context, max_tasks_per_child=1) as pool:
        waiting = [pool.submit(_trained, steps, seed) for seed in seeds]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _trained(steps: int, seed: int) -> Repeat:
    """The child's side: the whole way of a real run, its folder included."""
    from gpulab.engine.desk import Desk
    from gpulab.engine.worker import quieten, work

    quieten()
    with tempfile.TemporaryDirectory() as root:
        run_dir = folder.create(Path(root), experiment(steps, seed))
        work(run_dir, Desk(run_dir))
        ended = Follower(run_dir).poll_all()[-1]
    if not isinstance(ended, RunEnded) or ended.status != "done":
        raise RuntimeError(f"the training with seed {seed} did not end: {ended}")
    return Repeat(seed, figures_of(ended.summary, "final"))


def main(arguments: list[str]) -> int:
    """Records to a file; see the module."""
    parser = argparse.ArgumentParser(prog="python -m gpulab.bench.repeats")
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=160)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--at-once", type=int, default=1)
    asked = parser.parse_args(arguments)
    how = f"--runs {asked.runs} --steps {asked.steps} --at-once {asked.at_once}"
    facts, day = machine_facts(), time.strftime("%Y-%m-%d")
    seen = tuple(repeats(range(1, asked.runs + 1), asked.steps, asked.at_once))
    noise = Noise(facts, day, f"{parser.prog} FILE {how}", asked.at_once, seen)
    one_a_line = msgspec.json.encode(noise).replace(b'{"seed"', b'\n{"seed"')
    asked.file.write_bytes(one_a_line + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
