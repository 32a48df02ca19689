"""Tests of processes need a worker that starts in a tenth of a second: it writes documents like the real one.

`python stand_in.py MODE RUN_DIR [--resume]`, where MODE is `forever`, `slow` to begin, `crash`, `deaf` (ignores orders
and SIGTERM), `before_start` (ends without a word), `silent` (1000 steps at once, then none) or a number of steps.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import psutil

from gpulab.events.control import ControlReader
from gpulab.events.documents import Notice, RunEnded, RunResumed, RunStarted, Sample
from gpulab.events.log import EventLog


def main(mode: str, run_dir: Path, resume: bool) -> int:
    if mode == "before_start":
        print("no module named nonsense")
        return 7
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "slow":
        time.sleep(1.0)
    steps = int(mode) if mode.isdigit() else 10**9
    with EventLog(run_dir) as log:
        orders = ControlReader(run_dir)
        pid, started = os.getpid(), psutil.Process().create_time()
        log.append([RunResumed(from_step=1, pid=pid, pid_started=started) if resume else first(pid, started, steps)])
        if mode == "silent":
            log.append([Sample(step=n, tokens=n * 8, seconds=n / 100, values={}) for n in range(1, 1001)])
            time.sleep(600)
        for step in range(1, steps + 1):
            log.append([Sample(step=step, tokens=step * 8, seconds=step / 100, values={"train_loss": 1 / step})])
            if mode == "crash" and step == 3:
                raise SystemExit("MemoryError: too little of it")
            for order in orders.new_orders():
                if order in ("stop", "stop_and_save") and mode != "deaf":
                    log.append([RunEnded(status="stopped", step=step)])
                    return 0
                if order == "pause":
                    log.append([Notice(key="paused", step=step)])
                if order == "resume":
                    log.append([Notice(key="continued", step=step)])
            time.sleep(0.01)
        log.append([RunEnded(status="done", step=steps, summary={"steps": steps, "val_loss": 0.5})])
    return 0


def first(pid: int, started: float, steps: int) -> RunStarted:
    return RunStarted(
        format=1,
        experiment={"name": "Stand-in"},
        experiment_hash="0" * 12,
        seed=1,
        versions={},
        device="cpu",
        device_name="a processor",
        threads=1,
        technique_order=(),
        parameters=10,
        vocab_size=5,
        steps=steps,
        tokens_per_step=8,
        training_tokens=100,
        pid=pid,
        pid_started=started,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), "--resume" in sys.argv))
