"""Starts GPU Lab from a terminal: the only place where commands and window meet.

Each branch imports only what it needs, so that `gpulab runs` waits for neither Qt nor torch.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpulab import cli
from gpulab.spec.experiment import Experiment

if TYPE_CHECKING:
    from gpulab.report.model import Report


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command `argv` (without the program's name); returns the exit status."""
    elsewhere = cli.Elsewhere(open=_open, demo=_demo, replay=_replay, bench=_bench, printed=_printed)
    return cli.main(sys.argv[1:] if argv is None else argv, elsewhere)


def _open(file: Path | None) -> int:
    gc.disable()  # what a start makes stays: looking through it takes a 20th of the time; the window enables it again
    from gpulab.app import main

    return main([], open_file=file)


def _demo(out: Path, change: Callable[[Experiment], Experiment]) -> int:
    from gpulab.app import demo

    return demo(out, change)


def _replay(run_dir: Path) -> int:
    from gpulab.app import main

    return main([], replay=run_dir)


def _bench(argv: list[str]) -> int:
    from gpulab.bench import main

    return main(argv)


def _printed(report: Report) -> bytes:
    from gpulab.app import printed

    return printed(report)


if __name__ == "__main__":
    sys.exit(main())
