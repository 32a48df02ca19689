"""One side of a race: a training in a process of its own, which makes steps when it is told to.

`python -m gpulab.bench.side ASKED` (JSON of `Asked`) reads one order a line: a number of steps, answered by their
seconds; `loss`, answered by the validation loss; `loop`, answered by where the time of a step goes. It ends when its
input does. Sides share no memory, no thread pool and no environment: the engine's have what a worker is started with,
the plain loop's what a person's own script would have, but for the same number of threads. A plain loop that is asked
to be `tuned` has a worker's too: what the engine still gains on that one, its loop gains.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

PLAIN = "plain loop"

LOOKED_AT = 10
"""Steps that a look at the hot loop takes in."""

ENGINES_OWN = ("GLIBC_TUNABLES",)
"""Variables that a worker is started with and a person's own script is not: how the C library keeps memory."""


class Asked(msgspec.Struct, frozen=True):
    """What a side trains. `techniques` is None for the plain loop; otherwise the engine trains with these.

    `tuned`: whether it has the environment of a worker; the engine's sides do as a rule, the plain loop does not.
    """

    preset: str
    seed: int
    steps: int
    techniques: Mapping[str, Mapping[str, Any]] | None
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    tuned: bool = True


class Side:
    """The asking end of a side's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seconds_for(self, steps: int) -> float:
        """Makes `steps` steps; returns how many seconds they took."""
        return float(self._answer(str(steps)))

    def loss(self) -> float:
        """The validation loss now."""
        return float(self._answer("loss"))

    def loop(self) -> dict[str, float]:
        """Milliseconds of a step by operator, the costliest first."""
        costs: dict[str, float] = self._answer("loop")
        return costs

    def _answer(self, order: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a side ended without an answer to {order!r}")
        return msgspec.json.decode(line)


@contextmanager
def side(asked: Asked) -> Iterator[Side]:
    """The process of a side, which ends with the block."""
    environment = dict(os.environ)
    if not asked.tuned:
        environment = {name: value for name, value in environment.items() if name not in ENGINES_OWN}
    command = [sys.executable, "-m", __spec__.name, msgspec.json.encode(asked).decode()]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Side(process)


def main(arguments: list[str]) -> int:
    """The child's side."""
    import torch

    from gpulab.bench.trainings import training_of
    from gpulab.engine.build import set_up_torch

    asked = msgspec.json.decode(arguments[0], type=Asked)
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    set_up_torch(torch.get_num_threads())
    with tempfile.TemporaryDirectory() as folder:
        training = training_of(asked, Path(folder))
        for order in map(str.strip, sys.stdin):
            if order in ("loss", "loop"):
                answer: Any = training.loss() if order == "loss" else training.loop()
            else:
                began = time.perf_counter()
                training.train(int(order))
                answer = time.perf_counter() - began
            print(msgspec.json.encode(answer).decode(), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
