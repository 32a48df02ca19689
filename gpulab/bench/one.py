"""Each benchmark has a process of its own, so that none is measured in what another one left behind.

`python -m gpulab.bench.one PART FILE DEVICE [--quick]` writes the rows to FILE as JSON; what it prints is
only talk.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from gpulab.bench.catalogue import measurement
from gpulab.bench.rows import Row
from gpulab.runs.launcher import environment_of


class BenchmarkFailed(Exception):
    """The benchmark's process ended without figures; the text is the end of what it said."""


def rows_of(part: str, quick: bool, device: str = "cpu") -> list[Row]:
    """Runs a benchmark, or a part of one, in a process of its own. Raises BenchmarkFailed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, "-m", __name__, part, str(file), device, *(["--quick"] if quick else [])]
        done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False)
        if done.returncode or not file.is_file():
            said = (done.stderr or done.stdout).strip().splitlines()
            raise BenchmarkFailed(said[-1] if said else f"exit code {done.returncode}")
        return msgspec.json.decode(file.read_bytes(), type=list[Row])


def environment(home: str) -> dict[str, str]:
    """A worker's own, which torch and the C library read once; no screen; nothing of the person's is touched."""
    own = {"QT_QPA_PLATFORM": "offscreen", "GPULAB_HOME": home, "XDG_CONFIG_HOME": home}
    return {**environment_of(0), **own}


def main(arguments: list[str]) -> int:
    """The child's side."""
    part, file, device, *flags = arguments
    Path(file).write_bytes(msgspec.json.encode(measurement(part)("--quick" in flags, device)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
