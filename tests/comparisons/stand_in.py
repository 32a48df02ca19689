"""Tests of conducting need trainings that take a tenth of a second: this writes documents like the real worker.

`python stand_in.py MODE RUN_DIR [--resume]`, where MODE is words with commas between them: `crash=dropout` or
`diverge=dropout` (runs with that technique), `crash=all`, `noisy` (figures that never settle), `jumpy` (speeds
that never settle), `slow` (a second each).
Runs with dropout are 10 % worse in quality; nothing else differs between arms but chance.
"""

from __future__ import annotations

import os
import random
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import psutil

from gpulab.events.control import ControlReader
from gpulab.events.documents import ArtifactSaved, RunEnded, RunResumed, RunStarted, Sample
from gpulab.events.log import EventLog

STEPS = 10


def main(mode: str, run_dir: Path, resume: bool) -> int:
    experiment = tomllib.loads((run_dir / "experiment.toml").read_text(encoding="utf-8"))
    words = dict(word.partition("=")[::2] for word in mode.split(","))
    on = {"all", *experiment["techniques"]}
    with EventLog(run_dir) as log:
        orders = ControlReader(run_dir)
        pid, started = os.getpid(), psutil.Process().create_time()
        log.append(
            [RunResumed(from_step=1, pid=pid, pid_started=started) if resume else first(experiment, pid, started)]
        )
        if words.get("crash") in on:
            raise SystemExit("this one crashes")
        checkpoint = run_dir / "checkpoints" / "step-00000001"
        checkpoint.mkdir(parents=True, exist_ok=True)
        log.append([ArtifactSaved(kind="checkpoint", path=str(checkpoint.relative_to(run_dir)), step=1, bytes=1)])
        if words.get("diverge") in on:
            log.append([RunEnded(status="failed", step=3, reason="diverged", arguments={"step": 3})])
            return 1
        for step in range(1, STEPS + 1):
            if {"stop", "stop_and_save"} & set(orders.new_orders()):
                log.append([RunEnded(status="stopped", step=step, reason="stopped_by_person")])
                return 0
            log.append([Sample(step=step, tokens=step * 8, seconds=step / 100, values={"train_loss": 1 / step})])
            time.sleep(0.1 if "slow" in words else 0.01)
        log.append([RunEnded(status="done", step=STEPS, summary=summary(experiment, words=set(words)))])
    return 0


def summary(experiment: dict[str, Any], words: set[str]) -> dict[str, Any]:
    """Figures that follow from seed and techniques alone."""
    seed, dropout = experiment["training"]["seed"], "dropout" in experiment["techniques"]
    of_seed, of_run = random.Random(seed), random.Random(f"{seed} {sorted(experiment['techniques'])}")
    trains = experiment["training"]["steps"] > 0
    spread = 0.2 if "noisy" in words else 0.0001
    jumps = 0.2 if words & {"noisy", "jumpy"} else 0.0001
    quality = 2.0 * (1.1 if dropout else 1.0) * of_seed.uniform(0.95, 1.05)
    return {
        "tokens": STEPS * 8 * trains,
        "comparable": True,
        "test_bits_per_byte": quality * (1 + of_run.uniform(-spread, spread)),
        "tokens_per_s": 1000.0 * (1 + of_run.uniform(-jumps, jumps)) if trains else None,
        "model_bytes": 1000,
    }


def first(experiment: dict[str, Any], pid: int, started: float) -> RunStarted:
    return RunStarted(
        format=1,
        experiment=experiment,
        experiment_hash="0" * 12,
        seed=experiment["training"]["seed"],
        versions={},
        device="cpu",
        device_name="a processor",
        threads=1,
        technique_order=tuple(experiment["techniques"]),
        parameters=10,
        vocab_size=5,
        steps=STEPS,
        tokens_per_step=8,
        training_tokens=100,
        pid=pid,
        pid_started=started,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), "--resume" in sys.argv))
