"""What GPU Lab promises about itself, measured on the machine at hand: `gpulab bench [NAME ...]`."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Runs the command line `argv`; 0 done (a missed target is a result), 1 a benchmark failed, 2 bad input."""
    from gpulab.bench.command import run

    return run(argv)
