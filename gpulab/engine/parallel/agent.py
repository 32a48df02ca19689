"""The worker of a training that several processes share: it starts them, waits, and finds out how it ended."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from gpulab.engine.desk import Desk
from gpulab.engine.parallel.messages import Assignment, Ending, read, verdict
from gpulab.engine.training import failed
from gpulab.events.documents import RunEnded
from gpulab.events.log import last_step
from gpulab.hardware.machine import this_machine
from gpulab.runs.memory import oom_kills
from gpulab.spec.experiment import Experiment

_POOLS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_HERE = "127.0.0.1"
_SCRATCH = ".ranks-"


def train_together(run_dir: Path, experiment: Experiment, workers: int, desk: Desk, resume: bool) -> Ending:
    """Trains in `workers` processes and comes back when all are gone, whatever ended them.

    A signal to end reaches the leader, which stops and saves. The processes print to where this one prints.
    """
    threads = max(1, this_machine().threads(experiment.threads) // workers)
    for left in run_dir.glob(f"{_SCRATCH}*"):  # by an agent that was killed
        shutil.rmtree(left, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=run_dir) as scratch,
        _signals_raise(),
        _environment(threads),
    ):
        assignment = Assignment(str(run_dir), os.getpid(), scratch, desk.orders_from, resume)
        exit_codes: dict[int, int] = {}
        kills = oom_kills()
        stopped = desk.terminated
        try:
            if not stopped:
                _launch(assignment, workers)
        except SignalException:
            stopped = True
        except ChildFailedError as error:
            exit_codes = {rank: failure.exitcode for rank, failure in error.failures.items()}
        except Exception as error:
            return Ending(0, 0.0, failed(error, last_step(run_dir)))
        endings, step = read(Path(scratch)), last_step(run_dir)
        if stopped and all(ending.rank > 0 for ending in endings):  # the leader had not begun, or was ended by force
            return Ending(0, 0.0, RunEnded(status="stopped", step=step, reason="stopped_by_person"))
        return verdict(endings, exit_codes, workers, step, memory_ran_out=oom_kills() > kills)


def _launch(assignment: Assignment, workers: int) -> None:
    """Runs all ranks to their end. Raises ChildFailedError where one failed: the others were ended then."""
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=workers,
        run_id="gpulab",
        rdzv_backend="c10d",
        rdzv_endpoint=f"{_HERE}:0",  # a free port
        local_addr=_HERE,
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(log_dir=assignment.endings),
    )
    told = msgspec.json.encode(assignment).decode().replace("$", "$$")  # the launcher fills in $-variables
    elastic_launch(config, sys.executable)("-m", "gpulab.engine.parallel.rank", told)


@contextmanager
def _signals_raise() -> Iterator[None]:
    """From now on signals to end raise, as they do once torch's launcher waits; later they are what they were."""

    def end(number: int, frame: object) -> None:
        raise SignalException(f"told to end by signal {number}", signal.Signals(number))

    if threading.current_thread() is not threading.main_thread():  # where signals do not arrive
        yield
        return
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """What the ranks find in their environment; this process has its own again afterwards.

    Their thread pools are fixed when they import torch. They talk over the loopback interface: a machine whose own name
    cannot be resolved has that too.
    """
    before = dict(os.environ)
    loopback = [name for name, there in psutil.net_if_addrs().items() if any(a.address == _HERE for a in there)]
    os.environ.update(dict.fromkeys(_POOLS, str(threads)), CUDA_DEVICE_ORDER="PCI_BUS_ID")
    if loopback:
        os.environ["GLOO_SOCKET_IFNAME"] = loopback[0]
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
