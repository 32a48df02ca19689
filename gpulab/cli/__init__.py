"""The commands: whatever the window can do with an experiment or a run, a terminal can do too.

Exit status: 0 done, 1 the run failed, 2 bad input (one sentence for each problem, nothing was started).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from gpulab.cli.output import say_bad_input
from gpulab.cli.parser import Elsewhere, make_parser
from gpulab.spec.problem import BadInput

__all__ = ["Elsewhere", "main", "make_parser"]

BAD_INPUT = 2
INTERRUPTED = 130


def main(argv: Sequence[str], elsewhere: Elsewhere) -> int:
    """Runs one command; `elsewhere` holds what lies outside: the window, its demo, the benchmarks."""
    arguments = list(argv) or ["open"]
    if arguments[0] == "bench":  # has options of its own
        return elsewhere.bench(arguments[1:])
    try:
        options = make_parser(elsewhere).parse_args(arguments)
        status: int = options.do(options)
        sys.stdout.flush()
        return status
    except BadInput as bad:
        say_bad_input(bad.problems, as_json="--json" in arguments)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `gpulab describe | head`: whoever read has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
