"""The process a training runs in: `python -m gpulab.engine.worker RUN_DIR [--resume]`.

Where the folder asks for a job (`gpulab.engine.jobs`) instead of a training, it does that.
With `--wait` in their place it imports torch, then waits to be handed those arguments (`gpulab.engine.waiting`).
Exit 0: the run is done or was stopped. 1: it failed. 2: what it was given cannot be used. Whatever happens, the
record's last line says so, unless the process is killed or the disk is full.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from gpulab.engine.desk import Desk
from gpulab.engine.jobs import run_job
from gpulab.engine.parallel.messages import Ending
from gpulab.engine.training import EXPERIMENT, failed, train
from gpulab.engine.waiting import await_arguments
from gpulab.events.documents import RunEnded
from gpulab.events.log import EventLog, last_step
from gpulab.hardware.machine import this_machine
from gpulab.spec.files import load
from gpulab.spec.jobs import is_job
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY, chosen, fit


def main(arguments: list[str]) -> int:
    """Runs the training in the folder `arguments[0]`; `--resume` goes on from its newest checkpoint."""
    quieten()
    if arguments == ["--wait"]:
        handed = await_arguments()
        if handed is None:
            return 0
        arguments = handed
    run_dir = Path(arguments[0]).absolute()
    desk = Desk(run_dir)
    desk.listen_to_signals()
    return work(run_dir, desk, resume="--resume" in arguments[1:])


def work(run_dir: Path, desk: Desk, resume: bool = False) -> int:
    """Runs the training in `run_dir` under the orders that `desk` takes; returns the exit status."""
    try:
        shared = _shared(run_dir, desk, resume)
        with EventLog(run_dir) as log:
            try:
                ended = shared.result() if shared else _closed(run_dir, log, desk, resume)
            except BadInput as error:
                log.append([_refused(error, last_step(run_dir) if resume else 0)])
                raise
            log.append([ended])
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if ended.status == "failed" else 0


def _shared(run_dir: Path, desk: Desk, resume: bool) -> Ending | None:
    """How the training ended in processes of its own, the first of which held the lock; None where it wants none."""
    if is_job(run_dir):
        return None
    try:
        experiment = fit(load(run_dir / EXPERIMENT, REGISTRY), this_machine())
    except BadInput:
        return None  # which is said where every other run says it
    workers = max((technique.workers() for technique in chosen(experiment)), default=1)
    if workers == 1:
        return None
    with EventLog(run_dir):  # somebody else may be at work on it
        pass
    from gpulab.engine.parallel.agent import train_together  # torch's launcher, which takes time to import

    return train_together(run_dir, experiment, workers, desk, resume)


def _refused(error: BadInput, step: int) -> RunEnded:
    problem = error.problems[0]
    arguments = {"field": problem.field, **problem.arguments}
    return RunEnded(status="failed", step=step, reason=problem.key, arguments=arguments)


def _closed(run_dir: Path, log: EventLog, desk: Desk, resume: bool) -> RunEnded:
    """Runs the training and turns whatever ends it into the closing document. Raises BadInput before it started."""
    step = [0]
    try:
        return run_job(run_dir, log, desk, step) if is_job(run_dir) else train(run_dir, log, desk, resume, step)
    except BadInput:
        raise
    except Exception as error:
        return failed(error, step[0])


def quieten() -> None:
    """Keeps two warnings that mean nothing to anybody out of worker.log: torchao's CUDA libraries, its enums."""
    for name in ("torchao", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
