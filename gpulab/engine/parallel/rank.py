"""One of the processes that train together: `python -m gpulab.engine.parallel.rank`, started by the agent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import msgspec
import psutil
import torch

from gpulab.engine.desk import Desk
from gpulab.engine.device import make_current
from gpulab.engine.parallel.messages import Assignment, leave
from gpulab.engine.parallel.team import Ranks, assemble
from gpulab.engine.training import EXPERIMENT, failed, train
from gpulab.engine.worker import quieten
from gpulab.events.documents import AnyDocument, RunEnded
from gpulab.events.log import EventLog
from gpulab.hardware.machine import this_machine
from gpulab.spec.files import load
from gpulab.spec.problem import BadInput
from gpulab.techniques import REGISTRY

_PR_SET_PDEATHSIG = 1  # from <sys/prctl.h>
_LOOK_S = 0.5


class _Silence:
    """The record of a rank that only follows: the leader writes it."""

    def append(self, documents: Iterable[AnyDocument]) -> None:
        pass


def main(arguments: list[str]) -> int:
    """Trains as the environment and the assignment in `arguments[0]` say."""
    quieten()
    given = msgspec.json.decode(arguments[0], type=Assignment)
    _end_with(given.agent_pid)
    rank, run_dir = int(os.environ["RANK"]), Path(given.run_dir)
    endings, step, desk = Path(given.endings), [0], Desk(run_dir, given.orders_from)
    try:
        team = _join(given)
        if team.leads:
            desk.listen_to_signals()
            with EventLog(run_dir) as log:
                ended = train(run_dir, log, desk, given.resume, step, team)
        else:
            _leave_signals_to_the_leader()
            ended = train(run_dir, _Silence(), desk, given.resume, step, team)
    except BadInput as error:
        leave(endings, rank, None, problems=error.problems)
        return 2
    except Exception as error:
        leave(endings, rank, failed(error, step[0]), error)
        return 1
    leave(endings, rank, ended)
    return _code(ended)


def _code(ended: RunEnded) -> int:
    return 1 if ended.status == "failed" else 0


def _join(given: Assignment) -> Ranks:
    machine = this_machine()
    experiment = load(Path(given.run_dir) / EXPERIMENT, REGISTRY)
    device = torch.device(machine.place(experiment.device, int(os.environ["RANK"])))
    make_current(device)
    return assemble(given.agent_pid, device, machine.threads(experiment.threads))


def _leave_signals_to_the_leader() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _end_with(agent_pid: int) -> None:
    """Makes this process end with the agent, even where that is killed and can tell nobody.

    Linux does it at once. A thread that looks does it everywhere, and where the agent was gone before Linux was asked.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(agent_pid,), daemon=True, name="agent-watch").start()


def _watch(agent_pid: int) -> None:
    while psutil.pid_exists(agent_pid) and (sys.platform == "win32" or os.getppid() == agent_pid):
        time.sleep(_LOOK_S)
    os._exit(1)


def _end(code: int) -> NoReturn:
    """Ends the process at once: all is written by now, and gloo's threads may abort a process that tidies itself up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(main(sys.argv[1:]))
